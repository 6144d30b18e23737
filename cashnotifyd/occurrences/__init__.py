"""Events become what happened: a module a family."""
