self: super: { }
