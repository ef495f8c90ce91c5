"""
Importing leads and backlog: many rows at once, judged one by one, and never sent by themselves.

    table    bytes of a CSV or JSON file -> cells, whatever spreadsheet wrote them
    row      cells -> one row, or what is wrong with it
    job      a job and its items, and where they are kept
    intake   takes a file in: everything is stored before it is acknowledged
    work     prepares, asks, and handles items, a slice at a time
    flow     the steps of a job, for the engine of runs
    room     what the API, the console and the command line ask
    report   what became of each row, as a file
"""
