"""One file a framework. Each is thin: take the credential from the request, ask the guard, refuse in its own words."""
