import { describe, expect, it } from "vitest";
import { findTextReferences } from "../../src/domain/text-references.ts";
import { expectLinear } from "../harness/linear.ts";

const found = (text: string, fileName = "program.py") =>
  findTextReferences(["kernel-modules/bzImage"], { fileName, text }).map(({ line }) => line);

describe("a path put together at run time", () => {
  it.each([
    { form: "in one piece", text: 'open(f"{generation}/kernel-modules/bzImage")' },
    { form: "in one literal", text: 'path = generation / "kernel-modules/bzImage"' },
    { form: "in a shell script", text: "cp $1/kernel-modules/bzImage /boot" },
    { form: "in a table", text: 'IMAGES = {\n  "x86_64-linux": "kernel-modules/bzImage",\n}', line: 2 },
    { form: "with join", text: 'os.path.join(generation, "kernel-modules", "bzImage")' },
    { form: "with + and a slash", text: 'generation + "/kernel-modules/" + "bzImage"' },
    {
      form: "over lines in brackets",
      text: 'join(\n  generation,\n  "kernel-modules",\n  "bzImage",\n)',
      line: 3,
    },
    {
      form: "with chained calls",
      text: 'generation\n  .join("kernel-modules")\n  .join("bzImage")',
      line: 2,
    },
    { form: "with a variable", text: 'image = "bzImage"\npath = f"{g}/kernel-modules/{image}"', line: 2 },
    { form: "with a shell variable", text: "image=bzImage\ncp $1/kernel-modules/$image /boot", line: 2 },
    {
      form: "with one of several",
      text: 'IMAGES = ("bzImage", "Image")\nfor name in IMAGES:\n  os.path.join(g, "kernel-modules", name)',
      line: 3,
    },
  ])("$form", ({ text, line = 1 }) => {
    expect(found(text)).toEqual([line]);
  });

  it("in Rust", () => {
    const text = '// kernel-modules/bzImage\nlet kernel = generation.join("kernel-modules/bzImage");';

    expect(found(text, "generation.rs")).toEqual([2]);
  });
});

describe("what only looks like it", () => {
  it.each([
    {
      form: "another path that begins the same",
      text: "ls /run/booted-system/kernel-modules/lib/modules # bzImage",
    },
    { form: "a longer name", text: 'open("kernel-modules/bzImage.old")' },
    { form: "a longer first name", text: 'open("my-kernel-modules/bzImage")' },
    { form: "a comment", text: "# kernel-modules/bzImage was here" },
    { form: "the tree itself", text: "ln -s $tree $out/kernel-modules\nln -s $kernel/bzImage $out/kernel" },
    { form: "two statements", text: 'a = "kernel-modules"\nb = "bzImage"' },
    { form: "the other way round", text: 'join("bzImage", "kernel-modules")' },
    { form: "another variable", text: 'image = "bzImage"\nprint("kernel-modules", name)' },
    { form: "words of a sentence", text: "say kernel-modules, bzImage and all" },
  ])("$form", ({ text }) => {
    expect(found(text)).toEqual([]);
  });
});

it("says the line", () => {
  const text = '\n  x = "kernel-modules/bzImage"\n';

  expect(findTextReferences(["kernel-modules/bzImage", "a/b"], { fileName: "x.py", text })).toEqual([
    { path: "kernel-modules/bzImage", line: 2, text: 'x = "kernel-modules/bzImage"' },
  ]);
});

it("takes time linear in hostile texts", () => {
  expectLinear((size) => found('"kernel-modules" bzImage '.repeat(size / 25)));
  expectLinear((size) => found(`${"kernel-modules/".repeat(size / 15)}bzImage`));
  expectLinear((size) => found('"kernel-modules",\n"bzImage",\n'.repeat(size / 29)));
  expectLinear((size) => found(`${"a".repeat(size)} kernel-modules bzImage`));
});
