import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { defaultConfig, parseConfig } from "../../src/config/config.ts";
import { configJsonSchema } from "../../src/config/json-schema.ts";
import { recipeMatcher } from "../../src/config/match-recipes.ts";
import { UserError } from "../../src/errors.ts";
import { expectLinear } from "../harness/linear.ts";

const config = (text: string) => parseConfig(text, "f.yml").config;
const warnings = (text: string) => parseConfig(text, "f.yml").warnings;

/** The lines of the refusal, without the last one, which is about `modprobot schema`. */
function mistakes(text: string): string[] {
  try {
    parseConfig(text, "f.yml");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.code).toBe("config-invalid");
    const lines = error.details.split("\n");
    expect(lines.at(-1)).toContain("modprobot schema");
    return lines.slice(0, -1);
  }
  return [];
}

describe("what is not written has its default", () => {
  it.each(["", "# nothing but a comment\n", "{}"])("in %j", (text) => {
    expect(parseConfig(text, "f.yml")).toEqual({ config: defaultConfig(), warnings: [] });
  });

  it("and what is written is remembered as such", () => {
    expect([...config("kernels: [linux]\nlimits: { vmSeconds: 5 }").written]).toEqual(["kernels", "limits"]);
    expect(defaultConfig().written.size).toBe(0);
  });

  it("key by key, inside of a mapping too", () => {
    expect(config("limits: { vmSeconds: 5 }").limits).toEqual({ ...defaultConfig().limits, vmSeconds: 5 });
  });
});

describe("written forms become one", () => {
  it("modules with options", () => {
    const text =
      "modprobe: [loop max_loop=4 part=1, dummy, { module: crc32, options: { a: 7, b: true, c: x } }]";

    expect(config(text).modprobe).toEqual([
      { module: "loop", options: { max_loop: "4", part: "1" } },
      { module: "dummy", options: {} },
      { module: "crc32", options: { a: "7", b: "Y", c: "x" } },
    ]);
  });

  it("consumers", () => {
    const none = { auto: true, attrs: [], repositories: [] };
    expect(config("consumers: auto").consumers).toEqual(none);
    expect(config("consumers: {}").consumers).toEqual(none);
    expect(config("consumers: { auto: false, attrs: [a.b] }").consumers).toEqual({
      ...none,
      auto: false,
      attrs: ["a.b"],
    });
  });

  it("other repositories", () => {
    const revision = "0123456789abcdef0123456789abcdef01234567";

    const { consumers } = config(
      `consumers: { repositories: [{ repository: a/b, revision: "${revision}" }] }`,
    );

    expect(consumers.repositories).toEqual([
      { repository: "a/b", revision, entry: "default.nix", input: "nixpkgs", attrs: [] },
    ]);
  });

  it.each([
    ["20 MB", [{ kind: "total", bytes: 20_000_000 }]],
    ["20MiB", [{ kind: "total", bytes: 20 * 2 ** 20 }]],
    ["1.5 GB", [{ kind: "total", bytes: 1_500_000_000 }]],
    ["+5 %", [{ kind: "growth", percent: 5 }]],
    ["+0.5%", [{ kind: "growth", percent: 0.5 }]],
    [
      "[20 MB, +5 %]",
      [
        { kind: "total", bytes: 20_000_000 },
        { kind: "growth", percent: 5 },
      ],
    ],
  ])("size %s", (written, limits) => {
    expect(config(`sizes: { out: ${written} }`).sizes).toEqual({ out: limits });
  });

  it.each([
    ["2 GiB", { kind: "bytes", bytes: 2 ** 31 }],
    ["50%", { kind: "share", percent: 50 }],
    ["0.5 GiB", { kind: "bytes", bytes: 2 ** 29 }],
    ["100 %", { kind: "share", percent: 100 }],
  ])("memory of evaluations: %s", (written, evaluation) => {
    expect(config(`limits: { evaluation: ${written} }`).limits).toMatchObject({ evaluation });
  });

  it("memory becomes megabytes for machines", () => {
    expect(config("limits: { vmMemory: 512 MiB }").limits).toMatchObject({ vmMemory: 512 });
  });

  it("attribute paths are quoted as Nix quotes them", () => {
    expect(config("kernels: [a.b, 7zip.x, '\"a.b\".c']").kernels).toEqual(["a.b", '"7zip".x', '"a.b".c']);
  });
});

describe("one mistake, its line, what was seen and what is allowed", () => {
  it.each([
    ["kernel: [linux]", 'f.yml:1: kernel: unknown key; did you mean "kernels"?'],
    ["limits:\n  buildSecond: 3", 'f.yml:2: limits.buildSecond: unknown key; did you mean "buildSeconds"?'],
    ["modprobe:\n- module: x\n  opt: {}", "f.yml:3: modprobe[0].opt: unknown key; known: module, options"],
    ["entry: /etc/passwd", 'f.yml:1: entry: saw "/etc/passwd"; allowed: a path below the root'],
    ["entry: a/../../b", 'f.yml:1: entry: saw "a/../../b"; allowed: a path below the root'],
    ["entry: [a]", "f.yml:1: entry: saw a list of 1; allowed: a path below the root"],
    ["kernels:", "f.yml:1: kernels: saw nothing; allowed: a list of attribute paths"],
    ["kernels: []", "f.yml:1: kernels: saw a list of 0; allowed: at least one attribute path"],
    ["kernels:\n  - linux\n  - a..b", 'f.yml:3: kernels[1]: saw "a..b"; allowed: an attribute path'],
    ["systems: [linux]", 'f.yml:1: systems[0]: saw "linux"; allowed: a Nix system such as x86_64-linux'],
    ["labels: yes", 'f.yml:1: labels: saw "yes"; allowed: true or false'],
    ["limits: { vmSeconds: 0 }", "f.yml:1: limits.vmSeconds: saw 0; allowed: a whole number from 1 to 86400"],
    [
      "limits: { vmSeconds: 86401 }",
      "f.yml:1: limits.vmSeconds: saw 86401; allowed: a whole number from 1 to 86400",
    ],
    ["stagingBranches: staging", 'f.yml:1: stagingBranches: saw "staging"; allowed: true or false'],
    ["limits: { kernels: 51 }", "f.yml:1: limits.kernels: saw 51; allowed: a whole number from 0 to 50"],
    ["limits: { vmSeconds: 1.5 }", "f.yml:1: limits.vmSeconds: saw 1.5; allowed: a whole number"],
    [
      "limits: { vmMemory: 1024 }",
      "f.yml:1: limits.vmMemory: saw 1024; allowed: a size such as 20 MB or 4 GiB",
    ],
    ["limits: { vmMemory: 127 MiB }", "f.yml:1: limits.vmMemory: too small"],
    [
      "sizes: { out: 20 }",
      "f.yml:1: sizes.out: saw 20; allowed: a size such as 20 MB, or a growth such as +5 %",
    ],
    ["sizes: { out: [20 MB, big] }", 'f.yml:1: sizes.out[1]: saw "big"; allowed: a size'],
    ["sizes:\n  a b: 20 MB", 'f.yml:2: sizes."a b": saw "a b"; allowed: the name of an output'],
    ["modprobe: [x;y]", 'f.yml:1: modprobe[0]: saw "x;y"; allowed: a module with options'],
    ["commands: { check: owner }", 'f.yml:1: commands.check: saw "owner"; allowed: one of read, triage'],
    [
      "consumers: { repositories: [{ repository: a/b }] }",
      "f.yml:1: consumers.repositories[0].revision: saw nothing; allowed: a full commit hash",
    ],
    ["consumers: some", 'f.yml:1: consumers: saw "some"; allowed: auto, or a mapping'],
    ["recipes: ['!a', '!b']", "f.yml:1: recipes: every glob takes away and none adds"],
    ["nixpkgsConfig: { a: .inf }", "f.yml:1: nixpkgsConfig.a: saw Infinity; allowed: text, finite numbers"],
    ["__proto__: { a: 1 }", "f.yml:1: __proto__: unknown key"],
    ['entry: "\\e[31m\\u202e"', 'f.yml:1: entry: saw "\\u001b[31m\\u{202e}"; allowed'],
  ])("%j", (text, expected) => {
    const lines = mistakes(text);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(expected);
  });
});

it("all mistakes are said at once, in the order of the file", () => {
  const text = [
    "entry: /x",
    "kernel: [linux]",
    "kernels: [5]",
    "limits:",
    "  buildSeconds: soon",
    "recipes: ['!a']",
  ].join("\n");

  expect(mistakes(text).map((line) => line.split(": ").slice(0, 2).join(": "))).toEqual([
    "f.yml:1: entry",
    "f.yml:2: kernel",
    "f.yml:3: kernels[0]",
    "f.yml:5: limits.buildSeconds",
    "f.yml:6: recipes",
  ]);
});

describe("text that is no configuration", () => {
  it.each([
    ["- a\n- b", "f.yml:1: the file holds no mapping"],
    ["just words", "f.yml:1: the file holds no mapping"],
    ["a: [1\nb: 2", "f.yml:2: "],
    ["entry: a\nentry: b", "f.yml:2: Map keys must be unique"],
    ["entry: a\n---\nentry: b", "f.yml:2: the file holds several documents"],
    ["? [a]\n: 1", "f.yml:1: "],
    ["[".repeat(30_000), "f.yml:1: nested too deeply"],
    [`{"a":${'{"a":'.repeat(9_000)}`, "f.yml:1: nested too deeply"],
  ])("%.40j", (text, expected) => {
    expect(mistakes(text)[0]).toContain(expected);
  });

  it("is refused over 64 KiB, whatever it holds", () => {
    expect(mistakes(`#${"x".repeat(64 * 1024 - 1)}`)).toEqual([]);
    expect(mistakes(`#${"x".repeat(64 * 1024)}`)).toEqual([
      "f.yml:1: saw 65537 bytes; allowed: at most 65536",
    ]);
  });

  it("is refused when it multiplies itself", () => {
    const levels = Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);

    const lines = mistakes(["a0: &a0 [x]", ...levels].join("\n"));

    expect(lines).toEqual(["f.yml:2: aliases (*name) are not allowed; write the value out"]);
  });
});

describe("warnings do not stop", () => {
  it.each([
    ["kernels: [linux, a, linux]", 'f.yml:1: kernels[2]: "linux" is listed before; once is enough'],
    ["limits:\n  silentSeconds: 9\n  buildSeconds: 8", "f.yml:2: limits.silentSeconds: 9 never takes effect"],
  ])("%j", (text, expected) => {
    expect(warnings(text)).toHaveLength(1);
    expect(warnings(text)[0]).toContain(expected);
  });

  it("and are not given for the limit itself", () => {
    expect(warnings("limits: { silentSeconds: 8, buildSeconds: 8 }")).toEqual([]);
  });
});

describe("recipes", () => {
  it.each([
    ["pkgs/os-specific/linux/kernel/manual-config.nix", true],
    ["pkgs/os-specific/linux/kernel/.hidden/patch.diff", true],
    ["pkgs/os-specific/linux/kernels.nix", false],
    ["nixos/modules/system/boot/kernel.nix", true],
    ["doc/pkgs/os-specific/linux/kernel/x", false],
    ["README.md", false],
  ])("default: %s %s", (path, isRecipe) => {
    expect(recipeMatcher(defaultConfig().recipes)(path)).toBe(isRecipe);
  });

  it("are what is added and not taken away", () => {
    const isRecipe = recipeMatcher(["kernel/**", "!kernel/**/*.md"]);

    expect(["kernel/a.nix", "kernel/doc/a.md", "b.nix"].map(isRecipe)).toEqual([true, false, false]);
  });

  it.each([
    ["a/*.nix", "a/b.nix", true],
    ["a/*.nix", "a/b/c.nix", false],
    ["a/**", "a/b/c", true],
    ["a/**", "a", true],
    ["a/**", "ab/c", false],
    ["**/x", "x", true],
    ["**/x", "a/b/x", true],
    ["**/x/**/y", "a/x/b/x/y", true],
    ["**/x/**/y", "a/x/b/x/z", false],
    ["a*b*c", "aXbXbc", true],
    ["a*b*c", "aXbXb", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["{a,b}/{c,d}.nix", "b/c.nix", true],
    ["{a,b}/{c,d}.nix", "b/e.nix", false],
    ["*", ".hidden", true],
    ["a", "a\n", false],
  ])("%s matches %j: %s", (glob, path, matching) => {
    expect(recipeMatcher([glob])(path)).toBe(matching);
  });

  it.each(["/a", "a/", "a//b", "../a", "[ab]", "+(a)", "a\\\\*", "!", "{a,{b,c}}", `${"{a,b}".repeat(7)}`])(
    "%s is refused",
    (glob) => {
      expect(mistakes(`recipes: ['${glob}']`)[0]).toMatch(/recipes(\[0\])?: .*allowed: /);
    },
  );

  it.each(["a*a*a*a*a*a*a*b", "**/a*a*a*b", "**/*/**/*/**/b"])("%s costs little on hostile names", (glob) => {
    const isRecipe = recipeMatcher([glob]);
    for (const unit of ["a", "a/", `${"a".repeat(250)}/`]) {
      expectLinear((size) => isRecipe(unit.repeat(size / unit.length)), 1_000);
    }
  });
});

describe("the JSON Schema", () => {
  const validate = new Ajv2020({ strict: false }).compile(configJsonSchema());

  it.each([
    ["{}", {}, true],
    ["consumers: auto", { consumers: "auto" }, true],
    ["kernels: [linux]", { kernels: ["linux"] }, true],
    ["kernel: x", { kernel: "x" }, false],
    ["limits: { vmSeconds: 0 }", { limits: { vmSeconds: 0 } }, false],
  ])("agrees on %s", (text, data, valid) => {
    expect(validate(data)).toBe(valid);
    expect(mistakes(text).length === 0).toBe(valid);
  });

  it("has the default of every key, those that are rewritten on reading as well", () => {
    const properties = configJsonSchema()["properties"] as Record<string, { default?: unknown }>;
    const without = Object.keys(properties).filter((key) => properties[key]?.default === undefined);

    // Its default depends on the kernel.
    expect(without).toEqual(["modprobe"]);
    expect(properties["kernels"]?.default).toEqual(["linux", "linux_latest"]);
  });

  it("describes every key", () => {
    const properties = configJsonSchema()["properties"] as Record<string, { description?: string }>;

    expect(Object.keys(properties)).toHaveLength(13);
    for (const [key, { description }] of Object.entries(properties)) expect(description, key).toBeTruthy();
  });
});
