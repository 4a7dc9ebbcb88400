import { describe, expect, it } from "vitest";
import type { ConsumerReference } from "../../src/domain/consumer-references.ts";
import { locateSuspect } from "../../src/domain/locate.ts";
import type { Suspect } from "../../src/domain/suspect.ts";

const reference = (more: Partial<ConsumerReference>): ConsumerReference => ({
  output: "out",
  suffix: "lib/modules",
  path: "lib/modules",
  place: "script",
  status: "lost",
  name: "buildCommand",
  kernel: "linux",
  movedTo: "modules",
  derivation: { drv: "/nix/store/a.drv", name: "a" },
  ...more,
});

const SCRIPT = "/nix/store/00000000000000000000000000000000-builder.sh";

/** Where a consumer whose recipe is `recipe`, described in its last line, is to be mended: `file:line`. */
function place(
  recipe: readonly string[],
  more: Partial<ConsumerReference>,
  files: Record<string, string> = {},
) {
  const all: Record<string, string> = { "a.nix": recipe.join("\n"), ...files };
  const result = {
    ok: true,
    drv: "/nix/store/a.drv",
    outputs: {},
    name: "a",
    system: "x86_64-linux",
    position: { file: "a.nix", line: recipe.length },
  } as const;
  const suspect: Suspect = {
    attr: "a",
    aliases: [],
    base: result,
    head: result,
    suspicion: "names-lost-path",
    distance: 0,
    references: [reference(more)],
    outputs: ["out"],
  };
  const tree = { files: Object.keys(all).sort(), read: (file: string) => all[file] };
  const found = locateSuspect(suspect, tree, new Map([[SCRIPT, "set -e\nls $kernel/lib/modules\n"]]));
  return found === undefined ? undefined : `${found.file}:${found.line}`;
}

describe("the line to open", () => {
  const described = 'meta.description = "x";';

  it("reads like the script that was built", () => {
    const text = "cp /nix/store/x-linux/lib/modules $out";

    expect(
      place(["{ linux }:", "# cp ${linux}/lib/modules $out", "  cp ${linux}/lib/modules $out", described], {
        text,
      }),
    ).toBe("a.nix:3");
  });

  it("has the path behind an interpolation", () => {
    expect(place(["{ linux }:", 'x = "${linux}/lib/modules/${v}";', described], { text: "ls x" })).toBe(
      "a.nix:2",
    );
  });

  it("sets the variable that a script reads", () => {
    const recipe = ["{ linux }:", "foo linux", "kernel = linux;", "bar linux", described];

    expect(place(recipe, { variable: "kernel", name: SCRIPT, text: "ls $kernel/lib/modules" })).toBe(
      "a.nix:3",
    );
  });

  it("inherits the variable that a script reads", () => {
    const recipe = ["{ kernel }:", "foo kernel", "inherit a kernel;", "bar kernel", described];

    expect(place(recipe, { variable: "kernel", name: SCRIPT, text: "ls $kernel/lib/modules" })).toBe(
      "a.nix:3",
    );
  });

  it("is in the script where the recipe names no kernel", () => {
    const files = { "pkgs/builder.sh": "set -e\nls $kernel/lib/modules\n" };
    const more = { variable: "kernel", name: SCRIPT, line: 2, text: "ls $kernel/lib/modules" };

    expect(place(["{ k }:", "foo k", described], more, files)).toBe("pkgs/builder.sh:2");
    expect(place(["{ k }:", "foo k", described], more, { "pkgs/builder.sh": "other" })).toBe("a.nix:3");
  });

  it("is in another file that alone reads like it", () => {
    const text = "export MODULE_DIR=/nix/store/x-linux/lib/modules/";
    const files = { "vm.nix": "\nexport MODULE_DIR=${kernel}/lib/modules/\n" };

    expect(place(["{ vm }:", described], { text, place: "text" }, files)).toBe("vm.nix:2");
  });

  it("uses the kernel by its name", () => {
    expect(place(["{ linux }:", "f [ linux ]", described], { path: "", suffix: "", status: "opaque" })).toBe(
      "a.nix:2",
    );
  });

  it("is the recipe's position where nothing lost anything", () => {
    expect(place(["{ linux }:", "f [ linux ]", described], { status: "present" })).toBe("a.nix:3");
  });
});
