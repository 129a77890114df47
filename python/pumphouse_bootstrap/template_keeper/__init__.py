"""
The keeper of one template, on the trusted side: starts it, keeps prepared runs ("slots") with a network ready, and hands
them to bootstraps. It ends with its server; runs that were handed out go on.
"""
