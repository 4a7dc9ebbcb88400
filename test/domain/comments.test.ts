import { expect, it } from "vitest";
import { commentStyleOf, withoutComment } from "../../src/domain/comments.ts";

it.each([
  { line: "ls x # y", code: "ls x " },
  { line: "# y", code: "" },
  { line: "  # y", code: "  " },
  { line: "x;# y", code: "x;" },
  { line: "#!/bin/sh", code: "#!/bin/sh" },
  { line: "echo $# a#b", code: "echo $# a#b" },
  { line: "echo '# a' # b", code: "echo '# a' " },
  { line: 'echo "# a" # b', code: 'echo "# a" ' },
  { line: 'echo "\\"# a" # b', code: 'echo "\\"# a" ' },
  { line: "x # don't", code: "x " },
  { line: "don't # x", code: "don't " },
  { line: "see https://x.org//y", code: "see https://x.org//y" },
])("$line is the code $code", ({ line, code }) => {
  expect(withoutComment(line)).toBe(code);
});

it.each([
  { line: 'join("//x"); // y', code: 'join("//x"); ' },
  { line: " * y", code: "" },
  { line: "/* y", code: "" },
  { line: "#[derive(Debug)]", code: "#[derive(Debug)]" },
])("$line of a language with slashes is the code $code", ({ line, code }) => {
  expect(withoutComment(line, commentStyleOf("generation.rs"))).toBe(code);
});
