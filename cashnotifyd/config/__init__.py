"""The YAML file, the environment and the credentials as frozen settings."""
