"""
Passing data of contacts on to a partner: classified, agreed to by each contact, allowed by the country, approved.

    catalogue   what may be passed on, and how sensitive it is
    countries   where it may go, as the law and the legal department say
    partners    who gets it
    judge       may this be shared, now? pure
    request     one request, and how it moves
    room        asks, exports, hands out once, deletes
"""
