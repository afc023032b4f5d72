"""consistency: how long until a Datastore write is visible, and how sure is that?"""
