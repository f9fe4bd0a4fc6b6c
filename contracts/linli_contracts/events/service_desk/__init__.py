"""Events of the service `service_desk`, a module for each feature."""
