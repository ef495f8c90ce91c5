"""
Letters by e-mail: written down before they leave, sent once, honest about doubt.

    letter      one letter, its statuses, and where letters are kept
    port        the mail server, as the heart sees it
    post        the one way to a mailbox
    sending     the action send_email
"""
