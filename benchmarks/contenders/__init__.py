"""What people would write instead: the same job, each as a small program. Measured beside cashnotifyd.

The job: poll N accounts, tell a web hook of each new event, remember how far each account was read.
"""
