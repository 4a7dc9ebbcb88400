/** The documentation is true: links lead somewhere, commands and variables exist, generated parts are today's. */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import GithubSlugger from "github-slugger";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { toString as textOf } from "mdast-util-to-string";
import { gfm } from "micromark-extension-gfm";
import { visit } from "unist-util-visit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { EXAMPLE_FILE } from "../docs/generate/configuration.ts";
import { ownMetrics } from "../docs/generate/metrics.ts";
import { pages, ROOT } from "../docs/generate/pages.ts";
import { PART_NAMES, partsOf, withParts } from "../docs/generate/parts.ts";
import { createProgram } from "../src/cli/program.ts";
import { parseConfig } from "../src/config/config.ts";
import { VARIABLES } from "../src/config/variables.ts";
import { FINDINGS } from "../src/domain/findings.ts";
import { parseCommands } from "../src/domain/parse-commands.ts";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const trees = new Map<string, ReturnType<typeof fromMarkdown>>();

/** Pages link to one another, so each is asked for often. */
function treeOf(page: string) {
  const tree =
    trees.get(page) ??
    fromMarkdown(read(page), { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  trees.set(page, tree);
  return tree;
}

interface Code {
  readonly text: string;
  /** Undefined: within a sentence. */
  readonly language: string | undefined;
}

function codeOf(page: string): readonly Code[] {
  const found: Code[] = [];
  visit(treeOf(page), (node) => {
    if (node.type === "inlineCode") found.push({ text: node.value, language: undefined });
    if (node.type === "code") found.push({ text: node.value, language: node.lang ?? "" });
  });
  return found;
}

const program = createProgram(process, new AbortController().signal, () => undefined);

/** Options that a command line gives and its command does not have; the command itself, where there is none. */
function unknownWords(line: string): readonly string[] {
  return [...line.matchAll(/(?:^|[\s(]|bin\/)modprobot ([a-z]+)(?: ([^|;&#\n]*))?/g)].flatMap(
    ([, name = "", rest = ""]) => {
      const command = program.commands.find((known) => known.name() === name);
      if (command === undefined) return [name];
      const options = [...rest.matchAll(/(?:^|\s)(--[a-z][\w-]*)/g)].flatMap(([, option]) => option ?? []);
      return options.filter(
        (option) => option !== "--help" && !command.options.some(({ long }) => long === option),
      );
    },
  );
}

/** Pages that tell operators what to set; elsewhere names of this form are those of kernels and packages. */
const FOR_OPERATORS = ["README.md", "docs/configure.md", "docs/install.md", "docs/operate.md"];
const NOT_OURS = new Set(["NODE_EXTRA_CA_CERTS"]);
const VARIABLE_NAMES = new Set(
  Object.entries(VARIABLES).flatMap(([name, words]) => ("orFile" in words ? [name, `${name}_FILE`] : [name])),
);

function unknownVariables({ text, language }: Code): readonly string[] {
  const names =
    language === undefined
      ? (text.match(/^[A-Z][A-Z0-9]*_[A-Z0-9_]*(?==|$)/g) ?? [])
      : language === "sh"
        ? (text.match(/(?<=^|\s)[A-Z][A-Z0-9_]*(?==)/gm) ?? [])
        : [];
  return names.filter((name) => !VARIABLE_NAMES.has(name) && !NOT_OURS.has(name));
}

/** As GitHub makes them of the headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const slugger = new GithubSlugger();
  const anchors = new Set<string>();
  visit(treeOf(page), "heading", (node) => void anchors.add(slugger.slug(textOf(node))));
  return anchors;
}

function brokenLinks(page: string): readonly string[] {
  const broken: string[] = [];
  visit(treeOf(page), (node) => {
    if (node.type !== "link" && node.type !== "image" && node.type !== "definition") return;
    if (/^(?:https?|mailto):/.test(node.url)) return;
    const [path = "", anchor] = node.url.split("#");
    const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
    if (!existsSync(join(ROOT, target))) broken.push(node.url);
    else if (
      anchor !== undefined &&
      !(statSync(join(ROOT, target)).isFile() && anchorsOf(target).has(anchor))
    )
      broken.push(node.url);
  });
  return broken;
}

describe.each(pages())("%s", (page) => {
  it("links to what is there", () => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it("shows commands that exist", () => {
    expect(codeOf(page).flatMap(({ text }) => unknownWords(text))).toEqual([]);
  });

  it("gives commands on pull requests that are understood", () => {
    const given = codeOf(page).flatMap(({ text }) =>
      text.split("\n").filter((line) => /^\/modprobot(?= |$)/.test(line)),
    );

    for (const line of given) {
      // `[--why ATTR]` says that it may be left out.
      const [command] = parseCommands(line.replace(/[[\]]/g, ""));
      expect(command, line).toMatchObject({ ok: true });
    }
  });

  it("has the generated parts of today: npm run docs writes them", async () => {
    const text = read(page);

    expect(text).toBe(await withParts(text));
  });
});

it.each(FOR_OPERATORS)("%s names variables that are read", (page) => {
  expect(codeOf(page).flatMap(unknownVariables)).toEqual([]);
});

describe("this test sees", () => {
  it.each([
    ["modprobot frobnicate", ["frobnicate"]],
    ["bin/modprobot check --repo . --depth 3", ["--depth"]],
    ["x && modprobot worker --checks 2 # --no-such", []],
  ])("%s", (line, wrong) => {
    expect(unknownWords(line)).toEqual(wrong);
  });

  it("a variable that nobody reads", () => {
    expect(unknownVariables({ text: "APP_NUMBER", language: undefined })).toEqual(["APP_NUMBER"]);
    expect(unknownVariables({ text: "A=1 PORT=2 modprobot serve", language: "sh" })).toEqual(["A"]);
  });
});

it("has every part that can be generated on some page", () => {
  expect(
    pages()
      .flatMap((page) => partsOf(read(page)))
      .sort(),
  ).toEqual([...PART_NAMES].sort());
});

it("is found from the README", () => {
  for (const page of ["install", "use", "configure", "operate"])
    expect(read("README.md")).toContain(`docs/${page}.md`);
});

describe("configuration files", () => {
  it.each([EXAMPLE_FILE, join(ROOT, ".github/modprobot.yml")])(
    "%s is understood without a warning",
    (file) => {
      expect(parseConfig(readFileSync(file, "utf8"), file).warnings).toEqual([]);
    },
  );

  it("of this repository names files that are there", () => {
    const { config } = parseConfig(read(".github/modprobot.yml"), ".github/modprobot.yml");

    expect(existsSync(join(ROOT, config.entry))).toBe(true);
    for (const recipes of config.recipes) expect(globSync(recipes, { cwd: ROOT }).length).toBeGreaterThan(0);
  });

  it.each(globSync(".github/**/*.yml", { cwd: ROOT }))("%s is YAML", (file) => {
    expect(parse(read(file))).toBeTypeOf("object");
  });

  it("pin what CI runs of others to a commit", () => {
    const uses = [...read(".github/workflows/ci.yml").matchAll(/uses: (\S+)/g)].flatMap(
      ([, use]) => use ?? [],
    );

    expect(uses.length).toBeGreaterThan(0);
    for (const use of uses) expect(use).toMatch(/@[0-9a-f]{40}$/);
  });
});

describe("the form for false alarms", () => {
  interface Field {
    readonly id?: string;
    readonly attributes: { readonly options?: readonly string[] };
  }
  const { body } = parse(read(".github/ISSUE_TEMPLATE/false-alarm.yml")) as {
    readonly body: readonly Field[];
  };
  const optionsOf = (id: string) => body.find((field) => field.id === id)?.attributes.options ?? [];

  it("offers every kind of finding, in the catalogue's order", () => {
    expect(optionsOf("kind").slice(0, Object.keys(FINDINGS).length)).toEqual(Object.keys(FINDINGS));
  });

  it("has options that are texts, each once", () => {
    for (const { attributes } of body) {
      const options = attributes.options ?? [];
      expect(options.every((option) => typeof option === "string")).toBe(true);
      expect(new Set(options).size).toBe(options.length);
    }
  });
});

describe("the alerts", () => {
  interface Rule {
    readonly alert: string;
    readonly expr: string;
    readonly annotations: Readonly<Record<string, string>>;
  }
  const { groups } = parse(read("docs/prometheus-rules.yml")) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  const metrics = new Map(ownMetrics().map((metric) => [metric.name, metric]));

  it.each(rules)("$alert asks for what is served, and says what to do", ({ expr, annotations }) => {
    const asked = [...expr.matchAll(/(modprobot_\w+)(?:\{([^}]*)\})?/g)];

    expect(asked.length).toBeGreaterThan(0);
    for (const [, name = "", selector = ""] of asked) {
      const metric = metrics.get(name.replace(/_(?:bucket|sum|count)$/, ""));
      expect(metric, name).toBeDefined();
      for (const [, label] of selector.matchAll(/(\w+)\s*=/g)) expect(metric?.labels).toContain(label);
    }
    expect(Object.keys(annotations)).toEqual(["summary", "todo"]);
  });
});
