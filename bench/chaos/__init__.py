"""
The proof: many conversations through real webhooks while everything around them breaks, then a count.

    plan.py       a seed makes a plan: who writes what when, and what breaks when     pure
    leads.py      providers that post webhooks, again and again until they hear 2xx
    people.py     Sami and others in Telegram, with quick thumbs
    processes.py  the product, its database and its broker, as processes to be killed
    nemesis.py    carries the plan of faults out
    history.py    what was seen from outside, as plain records; one file
    gathering.py  reads those records from the fakes and, with a client of its own, from the database
    checks/       one small pure function per promise over that history
    report.py     what was counted, with its sample and its bound, and pictures

Law 1: nothing is judged by what the product says about itself: a check reads what providers took, what webhooks
       were answered, what Telegram showed, and the rows that lie in the database.
Law 2: the same seed makes the same plan; a history can be judged again without running anything.
Law 3: a check that has nothing to look at says so: its n is 0, and no bound is claimed.
"""
