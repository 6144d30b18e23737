"""From recorded events to recorded deliveries: sort out, find out, say."""
