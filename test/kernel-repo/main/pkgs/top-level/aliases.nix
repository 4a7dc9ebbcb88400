# Old names. An alias is the same derivation under a second attribute.
self: super: {
  hello-world = self.hello;
}
