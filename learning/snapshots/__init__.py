"""What was learned as bytes: JSON and arrays in one block, which is read without executing anything."""
