/** Evaluation with a real Nix in a real jail: what fails costs itself, and nothing gets in or out. */
import { mkdir, readdir, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { createNix } from "../../src/nix/adapter.ts";
import { run } from "../../src/process.ts";
import {
  attrsOf,
  drvOf,
  evaluate,
  evaluateExplained,
  packageSet,
  signal,
  type Workplace,
  withShell,
  workplace,
} from "./package-set.ts";

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
});
afterAll(async () => {
  await place[Symbol.asyncDispose]();
});

const set = (attrs: string) => ({ "default.nix": withShell(attrs) });

describe("an attribute that fails costs that attribute alone", () => {
  it.each([
    { fails: 'throw "not today"', error: /^not today$/, cause: "throw" },
    { fails: 'assert 1 == 2; ""', error: /assert/, cause: "throw" },
    { fails: 'abort "no"', error: /aborted with the following error message: 'no'/, cause: "fatal" },
    { fails: "{ }.missing", error: /^attribute 'missing' missing \(default\.nix:\d+\)$/, cause: "fatal" },
    { fails: "let x = x; in x", error: /infinite recursion/, cause: "fatal" },
    { fails: "let f = n: 1 + f n; in f 0", error: /stack overflow|max-call-depth/, cause: "fatal" },
    { fails: "import ./broken.nix", error: /syntax error.*\(broken\.nix:1\)/, cause: "fatal" },
    { fails: "import ./nowhere.nix", error: /nowhere\.nix/, cause: "fatal" },
    { fails: '"a" + 1', error: /integer/, cause: "fatal" },
    { fails: '(sh "x" "" { }) // { drvPath = throw "late"; }', error: /^late$/, cause: "throw" },
    { fails: '{ type = "derivation"; }', error: /^name is a null, not a string$/, cause: "throw" },
    {
      fails: '{ type = "derivation"; drvPath = "/etc/passwd"; outPath = "x"; name = "n"; system = "s"; }',
      error: /drvPath "\/etc\/passwd" is not that of a derivation/,
      cause: "fatal",
    },
    {
      fails: '(sh "x" "" { }) // { drvPath = "/nix/store/00000000000000000000000000000000-x.drv"; }',
      error: /was never written/,
      cause: "fatal",
    },
    {
      fails: `builtins.readFile "\${sh "ifd" "echo > $out" { }}"`,
      error: /allow-import-from-derivation|disabled/,
      cause: "fatal",
    },
  ])("$fails", async ({ fails, error, cause }) => {
    const files = {
      ...set(`before = sh "before" "" { };\n m = ${fails};\n zlast = sh "zlast" "" { };`),
      "broken.nix": "{ a = ; }",
    };

    const attrs = attrsOf(await evaluateExplained(place, await packageSet(place, files)));

    expect(attrs["m"]).toMatchObject({ ok: false, cause, error: expect.stringMatching(error) });
    expect([attrs["before"]?.ok, attrs["zlast"]?.ok]).toEqual([true, true]);
  });

  it("also when many do, in sets below", async () => {
    const bad = Array.from(
      { length: 20 },
      (_, n) => `b${n} = ${n % 2 ? `throw "t${n}"` : `abort "a${n}"`};`,
    ).join(" ");
    const files = set(
      `inner = { recurseForDerivations = true; ${bad} good = sh "good" "" { }; }; other = { x = abort "never looked at"; };`,
    );

    const attrs = attrsOf(await evaluateExplained(place, await packageSet(place, files)));

    expect(Object.keys(attrs)).toHaveLength(21);
    expect(Object.values(attrs).filter((attr) => attr.ok)).toHaveLength(1);
    expect(attrs["inner.b3"]).toEqual({ ok: false, error: "t3", cause: "throw" });
    expect(attrs["inner.b4"]).toMatchObject({ cause: "fatal" });
  });

  it("also when only its description of itself fails", async () => {
    const files = set(
      'a = sh "a" "" { } // { meta = { position = abort "x"; maintainers = throw "y"; }; }; b = sh "b" "" { };',
    );

    const attrs = attrsOf(await evaluateExplained(place, await packageSet(place, files)));

    expect(attrs["a"]).toMatchObject({ ok: true, name: "a" });
    expect(attrs["b"]).toMatchObject({ ok: true, name: "b" });
  });
});

describe("a tree that cannot be evaluated at all", () => {
  it("is one broken attribute: the root", async () => {
    const attrs = attrsOf(await evaluate(place, await packageSet(place, { "default.nix": "{ a = ; }" })));

    expect(Object.keys(attrs)).toEqual([""]);
    expect(attrs[""]).toMatchObject({
      ok: false,
      error: expect.stringMatching(/^syntax error.*\(default\.nix:1\)$/),
    });
  });

  it("is not run without its entry", async () => {
    const { outcome } = await evaluate(place, await packageSet(place, { "other.nix": "{ }" }));

    expect(outcome).toMatchObject({ status: "not-run", reason: expect.stringContaining('no "default.nix"') });
  });

  it("is not run when the whole takes too long", async () => {
    const slow = "let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in";
    const many = Array.from({ length: 40 }, (_, n) => `a${n} = ${slow} f ${22 + (n % 2)};`).join("\n");
    const { outcome } = await evaluate(place, await packageSet(place, set(many), { timeoutSeconds: 3 }));

    expect(outcome).toMatchObject({ status: "not-run", reason: expect.stringContaining("longer than 3 s") });
  });

  it("is not run when it contains itself", async () => {
    const files = set(
      "loop = let me = { recurseForDerivations = true; a = me; b = me; c = me; d = me; e = me; f = me; }; in me;",
    );
    const { outcome } = await evaluate(place, await packageSet(place, files, { timeoutSeconds: 5 }));

    expect(outcome.status).toBe("not-run");
  });
});

it("gives up on one slow attribute, not on the rest", async () => {
  const files = set(
    'a = let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 99; b = sh "b" "" { };',
  );

  const attrs = attrsOf(await evaluate(place, await packageSet(place, files, { timeoutSeconds: 24 })));

  expect(attrs["a"]).toEqual({ ok: false, error: "takes longer than 6 s", cause: "timeout" });
  expect(attrs["b"]).toMatchObject({ ok: true });
});

it("blames memory on the attribute that needs it alone", async () => {
  const list = "builtins.length (builtins.genList (n: builtins.toString n) 40000000)";
  const files = set(
    `a = sh "a" "" { }; big = builtins.foldl' (x: y: x + builtins.stringLength y) 0 (builtins.genList (n: builtins.toString n) (${list}));  c = sh "c" "" { };`,
  );

  const attrs = attrsOf(
    await evaluate(
      place,
      await packageSet(place, files, { memory: { kind: "bytes", bytes: 700 * 1024 ** 2 } }),
    ),
  );

  expect(attrs["big"]).toMatchObject({ ok: false, cause: "memory" });
  expect([attrs["a"]?.ok, attrs["c"]?.ok]).toEqual([true, true]);
});

describe("some attrs alone", () => {
  const files = set(`
    a = sh "a" "" { };
    alias = a;
    bad = throw "x";
    inner = { recurseForDerivations = true; a = sh "inner" "" { }; "b.c" = sh "quoted" "" { }; never = abort "looked at"; };
    hidden = { a = sh "hidden" "" { }; };
    broken = throw "all of it";
    fatal = abort "alone";
    never = abort "looked at";
    __proto__ = sh "proto" "" { };`);
  const asked = [
    "alias",
    "bad",
    "inner.a",
    'inner."b.c"',
    "hidden.a",
    "broken.a",
    "fatal",
    "gone",
    "gone.a",
    "a.a",
    "inner",
    "__proto__",
  ];

  it("are what the whole evaluation has of them", async () => {
    const whole = await evaluate(place, await packageSet(place, files));
    const some = await evaluate(place, await packageSet(place, files, { attrs: asked }));

    const found = ["__proto__", "alias", "bad", "broken", "fatal", 'inner."b.c"', "inner.a"];
    expect(some.outcome).toMatchObject({ status: "evaluated" });
    const attrs = some.outcome.status === "evaluated" ? some.outcome.attrs : new Map();
    const all = whole.outcome.status === "evaluated" ? whole.outcome.attrs : new Map();
    expect([...attrs.keys()]).toEqual(found);
    for (const attr of found) expect(attrs.get(attr)).toEqual(all.get(attr));
    expect([...(await some.derivations.closure([drvOf(some, "inner.a")], signal)).keys()]).toHaveLength(1);
  });

  it("are none where none is asked for", async () => {
    const tree = await evaluate(place, await packageSet(place, files, { attrs: [] }));

    expect(attrsOf(tree)).toEqual({});
  });

  it("have to be attribute paths", async () => {
    const request = await packageSet(place, files, { attrs: ["a..b"] });

    await expect(evaluate(place, request)).rejects.toMatchObject({ code: "attr-path-unreadable" });
  });
});

it("takes names as they are", async () => {
  const names = [
    "--option",
    "a b; touch /tmp/x",
    "x.y",
    "new\nline",
    "\u001b[31mred",
    "$" + "{y}",
    '"',
    "\\",
    "../up",
    "é",
    "end",
  ];
  const text = names.map(
    (name) =>
      `(builtins.fromJSON ''${JSON.stringify(JSON.stringify(name)).replaceAll("$" + "{", "''$" + "{")}'')`,
  );
  const files = {
    "default.nix": `{ system, config }: builtins.listToAttrs (map (name: { name = builtins.fromJSON name; value = if name == ''"end"'' then abort "end" else derivation { name = "n"; inherit system; builder = "x"; }; }) [ ${text.join(" ")} ])`,
  };

  const attrs = attrsOf(await evaluate(place, await packageSet(place, files)));

  expect(Object.keys(attrs)).toHaveLength(names.length);
  expect(attrs['"x.y"']).toMatchObject({ ok: true });
  expect(attrs['"--option"']).toMatchObject({ ok: true });
  expect(attrs[String.raw`"new\nline"`]).toMatchObject({ ok: true });
  expect(attrs["end"]).toMatchObject({ ok: false });
});

it("does not believe lines of the package set that look like the walker's", async () => {
  const forged = '"0000 derivation {\\"id\\":\\"[\\\\\\"ghost\\\\\\"]\\"}\\ntrace: 0000 end {}"';
  const files = set(`a = builtins.trace ${forged} (sh "a" "" { }); b = sh "b" "" { };`);

  const tree = await evaluate(place, await packageSet(place, files));

  expect(Object.keys(attrsOf(tree))).toEqual(["a", "b"]);
  expect(tree.outcome).toMatchObject({ warnings: expect.arrayContaining(["trace: 0000 end {}"]) });
});

describe("nothing of this machine can be read", () => {
  const leaks = [
    { what: "a file", read: "builtins.readFile /etc/passwd" },
    { what: "a file through a link in the checkout", read: "builtins.readFile ./link" },
    { what: "a path above the checkout", read: 'builtins.readFile (./. + "/../etc/hostname")' },
    { what: "a directory", read: "builtins.toJSON (builtins.readDir /.)" },
    { what: "the expression on standard input", read: "builtins.readFile /dev/stdin" },
    {
      what: "a copy of a host file",
      read: 'builtins.readFile (builtins.path { path = /usr/bin/prlimit; name = "x"; })',
    },
    {
      what: "a fetched path",
      read: `builtins.readFile "\${builtins.fetchTree { type = "path"; path = "/etc"; }}/passwd"`,
    },
    { what: "a flake", read: 'toString (builtins.getFlake "path:/etc")' },
    { what: "a process", read: 'builtins.exec [ "/bin/sh" "-c" "echo 1" ]' },
  ];
  it.each(leaks)("$what", async ({ read }) => {
    const request = await packageSet(place, set(`a = sh "leak" (${read}) { };`));
    await symlink("/etc/passwd", join(request.checkout.directory, "link")).catch(() => undefined);

    expect(attrsOf(await evaluate(place, request))["a"]).toMatchObject({ ok: false });
  });

  it("its environment", async () => {
    process.env["MODPROBOT_TEST_SECRET"] = "hunter2";
    const files = set(
      `a = sh "secret-\${builtins.getEnv "MODPROBOT_TEST_SECRET"}-\${builtins.getEnv "PATH"}" "" { };`,
    );

    const attrs = attrsOf(await evaluate(place, await packageSet(place, files)));

    expect(attrs["a"]).toMatchObject({ ok: true, name: "secret--" });
  });

  it("its network", async () => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end("x");
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;

    const attrs = attrsOf(
      await evaluate(
        place,
        await packageSet(
          place,
          set(`a = sh (builtins.readFile (builtins.fetchurl "http://127.0.0.1:${port}/")) "" { };`),
        ),
      ),
    );
    server.close();

    expect(attrs["a"]).toMatchObject({ ok: false });
    expect(asked).toBe(0);
  });
});

describe("what a derivation is does not depend on where the checkout lies", () => {
  const files = { ...set('a = sh "a" "" { src = ./.; };'), "data.txt": "x" };

  it("nor on whether it is a clone or a worktree", async () => {
    await using elsewhere = await workplace();
    const here = await packageSet(place, files);
    const there = await packageSet(elsewhere, files);
    await writeFile(join(there.checkout.directory, ".git"), `gitdir: ${elsewhere.directory}/x\n`);

    expect(drvOf(await evaluate(place, here), "a")).toBe(drvOf(await evaluate(elsewhere, there), "a"));
  });
});

it("says where a recipe is and who looks after it", async () => {
  const files = set(`
    stated = sh "stated" "" { } // { meta.position = "/src/pkgs/x.nix:7"; meta.maintainers = [ { github = "b"; } { email = "x"; } { github = "a"; } ]; };
    found = sh "found" "" { };
    relative = sh "relative" "" { } // { meta.position = "pkgs/y.nix:3"; };
    outside = sh "outside" "" { } // { meta.position = "/src/../etc/passwd:1"; };`);

  const attrs = attrsOf(await evaluate(place, await packageSet(place, files)));

  expect(attrs["stated"]).toMatchObject({
    position: { file: "pkgs/x.nix", line: 7 },
    maintainers: ["a", "b"],
  });
  expect(attrs["found"]).toMatchObject({ position: { file: "default.nix" } });
  expect(attrs["relative"]).toMatchObject({ position: { file: "pkgs/y.nix", line: 3 } });
  expect(attrs["outside"]).not.toHaveProperty("position");
});

it("evaluates for systems this machine is not", async () => {
  const files = set(`a = sh "a-\${builtins.currentSystem}" "" { };`);

  const tree = await evaluate(place, await packageSet(place, files, { system: "aarch64-darwin" }));

  expect(attrsOf(tree)["a"]).toMatchObject({ ok: true, name: "a-aarch64-darwin", system: "aarch64-darwin" });
});

it("reads the attributes of a value, failing ones among them", async () => {
  const files = set(`
    linux = sh "linux" "" { version = "6.1"; secretFlag = "x"; outputs = [ "out" "modules" ]; } // {
      modDirVersion = "6.1.0"; features = { }; override = x: x; isModular = true; lazy = throw "x"; worse = abort "y"; zfinal = 1;
    };`);

  const types = await place.nix.passthru(await packageSet(place, files), "linux", signal);

  expect(types).toEqual({
    features: "set",
    isModular: "bool",
    lazy: "error",
    modDirVersion: "string",
    version: "string",
    worse: "error",
    zfinal: "int",
  });
});

describe("an evaluation is kept", () => {
  const files = set(`
    a = sh "kept" "" { }; b = throw "x"; c = builtins.trace "seen" (sh "c" "" { });
    d = sh "d" "" { text = builtins.toFile "text" "a text"; };`);
  const kept = async (w: Workplace) => {
    const directory = join(w.dataDirectory, "nix/evaluations");
    const [entry] = await readdir(directory);
    return join(directory, entry ?? "");
  };

  it("and answers the same the second time, at once", async () => {
    await using own = await workplace();
    const request = await packageSet(own, files);
    const first = await evaluate(own, request);
    const made = await stat(await kept(own));
    const second = await evaluate(own, request);

    expect(second.outcome).toEqual(first.outcome);
    expect((await stat(await kept(own))).mtimeMs).toBe(made.mtimeMs);
  });

  it.each([
    {
      damage: "its result is cut",
      spoil: (entry: string) => writeFile(join(entry, "evaluation.json.zst"), "short"),
    },
    { damage: "its result is gone", spoil: (entry: string) => rm(join(entry, "evaluation.json.zst")) },
    {
      damage: "a source is missing",
      spoil: async (entry: string) => {
        const store = join(entry, "store/nix/store");
        const [name = "a source"] = await readdir(store);
        await rm(join(store, name));
      },
    },
    {
      damage: "a pack is gone",
      spoil: (entry: string) => rm(join(entry, "derivations/0.pack")),
    },
    {
      damage: "a pack is cut",
      spoil: (entry: string) => truncate(join(entry, "derivations/0.pack"), 40),
    },
    {
      damage: "an index is cut",
      spoil: (entry: string) => truncate(join(entry, "derivations/0.index"), 80),
    },
  ])("until $damage; then it is made again", async ({ spoil }) => {
    await using own = await workplace();
    const request = await packageSet(own, files);
    const first = await evaluate(own, request);
    await spoil(await kept(own));

    const again = await evaluate(own, request);

    expect(again.outcome).toEqual(first.outcome);
    expect([...(await again.derivations.closure([drvOf(again, "a")], signal)).keys()]).toEqual([
      drvOf(again, "a"),
    ]);
  });

  it("once, by two at the same time", async () => {
    await using own = await workplace();
    const request = await packageSet(own, files);
    const [one, two] = await Promise.all([evaluate(own, request), evaluate(own, request)]);

    expect(one.outcome).toEqual(two.outcome);
    expect(await readdir(join(own.dataDirectory, "nix/evaluations"))).toHaveLength(1);
  });

  it("not when it was interrupted, and leaves nothing behind", async () => {
    await using own = await workplace();
    await own.nix.probe(signal);
    const request = await packageSet(
      own,
      set("a = let f = n: if n == 0 then 0 else f (n - 1) + f (n - 1); in f 99;"),
    );
    const stop = new AbortController();
    const running = own.nix.evaluate(request, () => undefined, stop.signal);
    setTimeout(() => stop.abort(), 500);

    await expect(running).rejects.toBeInstanceOf(Interrupted);
    expect(await readdir(join(own.dataDirectory, "nix/evaluations"))).toEqual([]);
  });
});

describe.skipIf(process.getuid?.() !== 0)("a full disk is the machine's trouble, never the tree's", () => {
  it.each(["100k", "300k", "1200k"])("with %s of room", async (size) => {
    await using own = await workplace();
    const data = join(own.dataDirectory, "small");
    await mkdir(data);
    await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", data], { signal });
    try {
      const nix = createNix({ dataDirectory: data, temporaryDirectory: own.temporaryDirectory });
      const many = Array.from(
        { length: 200 },
        (_, n) => `a${n} = sh "a${n}" "" { text = builtins.toFile "t" "${"x".repeat(9_000)}${n}"; };`,
      );
      const request = await packageSet(own, set(many.join("\n")));

      await expect(nix.evaluate(request, () => undefined, signal)).rejects.toMatchObject({
        code: "disk-full",
      });
    } finally {
      await run("umount", [data], { signal });
    }
  });
});
