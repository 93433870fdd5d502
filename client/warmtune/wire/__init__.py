"""The JSON of the API, version 1, as typed models that client and service share."""
