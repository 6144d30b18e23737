"""What is measured, a module a question. Each takes the run and notes figures in it."""
