"""The demonstration: one real case, played by separate programs that know the platform only from outside."""
