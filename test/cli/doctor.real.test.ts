/**
 * `modprobot doctor` against the fake GitHub, which checks what it is asked as in every other conversation: an App that is
 * well, and one fault at a time. The whole program runs where exit status and the machine matter; elsewhere what asks
 * GitHub is called by itself, since a look at Nix takes seconds and is the same each time.
 */
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Examination } from "../../src/cli/doctor/examine.ts";
import { examineGitHub } from "../../src/cli/doctor/examine-github.ts";
import { readAppManifest } from "../../src/config/app-manifest.ts";
import { inspectSettings, type Variables } from "../../src/config/app-settings.ts";
import type { Diagnosis } from "../../src/domain/doctor/diagnosis.ts";
import { openDatabase } from "../../src/store/database.ts";
import { lookAtDatabase } from "../../src/store/look-at-database.ts";
import { MIGRATIONS } from "../../src/store/migrations/index.ts";
import { databases } from "../harness/databases.ts";
import { type GitHub, type GitHubOptions, githubForTest } from "../harness/github/github.ts";
import { listenerForTest } from "../harness/github/webhook-listener.ts";
import { type Ended, modprobot, temporaryDirectory } from "../harness/modprobot.ts";

const directory = temporaryDirectory();
const databaseKinds = databases();
const { default_permissions: ALL } = readAppManifest();

interface Scene {
  readonly github: GitHub;
  readonly environment: Record<string, string>;
}

/** An App that is installed, and a server that takes its webhooks. */
async function scene(options: GitHubOptions = {}): Promise<Scene> {
  const github = await githubForTest(options);
  const listener = await listenerForTest();
  github.webhookUrl = listener.url;
  await github.installApp();
  return {
    github,
    environment: {
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKey,
      PRIVATE_KEY_PATH: "",
      WEBHOOK_SECRET: github.webhookSecret,
      PUBLIC_URL: new URL(listener.url).origin,
      MODPROBOT_GITHUB_API_URL: github.url,
      GHE_HOST: "",
      DATABASE_URL: "",
    },
  };
}

/** What of GitHub is not green, by name. */
async function ofGitHub(variables: Variables): Promise<Record<string, Diagnosis>> {
  const patient = { settings: inspectSettings(variables), manifest: readAppManifest() };
  const plain = (look: Examination["look"]): Examination => ({ look, limitMs: 0 });
  const examined = await Promise.all(
    Object.entries(examineGitHub(patient, plain)).map(
      async ([id, { look }]) => [id, await look(AbortSignal.timeout(60_000))] as const,
    ),
  );
  return Object.fromEntries(examined.filter(([, { light }]) => light !== "green"));
}

const lights = (examined: Record<string, Diagnosis>) =>
  Object.fromEntries(Object.entries(examined).map(([id, { light }]) => [id, light]));

const POINTING = {
  permissions: "not-checked",
  installations: "not-checked",
  "webhook-secret": "not-checked",
  "webhook-address": "not-checked",
  "webhook-deliveries": "not-checked",
};

describe("an App", () => {
  it("that is well", async () => {
    const { environment } = await scene();

    expect(await ofGitHub(environment)).toEqual({});
  });

  it("with the key of another one", async () => {
    const { environment } = await scene();
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const PRIVATE_KEY = privateKey.export({ type: "pkcs1", format: "pem" }).toString();

    const found = await ofGitHub({ ...environment, PRIVATE_KEY });

    expect(lights(found)).toEqual({ app: "red", ...POINTING });
    expect(found["app"]?.seen).toContain("401");
    expect(found["app"]?.remedy).toContain("private key");
  });

  it("without a permission, and where it is installed without one as well", async () => {
    const { checks: _, ...permissions } = ALL;
    const { environment } = await scene({ permissions });

    const found = await ofGitHub(environment);

    expect(lights(found)).toEqual({ permissions: "red", installations: "yellow" });
    expect(found["permissions"]?.remedy).toContain(
      "/organizations/kernel-org/settings/apps/modprobot/permissions",
    );
    expect(found["installations"]?.seen).toBe("kernel-org has not accepted checks: write");
  });

  it("that does not hear of comments", async () => {
    const { environment } = await scene({ events: ["pull_request", "check_run", "check_suite"] });

    expect((await ofGitHub(environment))["permissions"]?.seen).toBe("the App has not event issue_comment");
  });

  it("on a machine whose clock is wrong", async () => {
    const { github, environment } = await scene();
    github.clock.aheadSeconds = -300;

    const found = await ofGitHub(environment);

    expect(found["clock"]?.light).toBe("red");
    expect(found["clock"]?.seen).toMatch(/(299|300|301) s ahead of GitHub's/);
    expect(found["app"]?.light).toBe("red");
  });

  it("whose webhooks go elsewhere, unsigned, and fail", async () => {
    const { github, environment } = await scene();
    const { webhookUrl: listening } = github;
    github.webhookUrl = "http://127.0.0.1:9/";
    await github.suspendInstallation();
    github.webhookSecret = "";

    const found = await ofGitHub(environment);

    expect(lights(found)).toEqual({
      installations: "yellow",
      "webhook-secret": "red",
      "webhook-address": "red",
      "webhook-deliveries": "yellow",
    });
    expect(found["webhook-address"]?.seen).toContain(`and not to ${listening}`);
    expect(found["webhook-deliveries"]?.seen).toMatch(
      /^1 of the last 2 failed; the newest, installation, with 502/,
    );
  });

  it("whose GitHub cannot be reached: nothing is known then", async () => {
    const { environment } = await scene();

    const found = await ofGitHub({ ...environment, MODPROBOT_GITHUB_API_URL: "http://127.0.0.1:9" });

    expect(lights(found)).toEqual({ clock: "not-checked", app: "not-checked", ...POINTING });
  });
});

describe("the database", () => {
  it.each(databaseKinds)("$name: looked at, and left as it is", async ({ place }) => {
    const at = await place();
    const before = await lookAtDatabase(at);
    await (await openDatabase(at))[Symbol.asyncDispose]();
    const after = await lookAtDatabase(at);

    // PostgreSQL's is new; the embedded one was made for the tests.
    expect(before).toMatchObject({ kind: "open", applied: "url" in at ? [] : Object.keys(MIGRATIONS) });
    expect(after).toMatchObject({ kind: "open", applied: Object.keys(MIGRATIONS), readOnly: false });
  });

  it("is not made by looking, and not taken from a server", async () => {
    const fresh = join(directory, "fresh");
    expect(await lookAtDatabase({ directory: fresh })).toEqual({ kind: "absent", directory: fresh });
    expect(existsSync(fresh)).toBe(false);

    const held = await databaseKinds[1]?.place();
    if (held === undefined || !("directory" in held)) throw new Error("no embedded database");
    await using _server = await openDatabase(held);

    expect(await lookAtDatabase(held)).toEqual({ kind: "in-use", directory: held.directory });
  });
});

describe("the program", () => {
  interface Told {
    readonly light: string;
    readonly diagnoses: readonly (Diagnosis & { readonly id: string })[];
  }
  const told = ({ stdout }: Ended) => JSON.parse(stdout) as Told;
  const lightOf = (ended: Ended, id: string) => told(ended).diagnoses.find((one) => one.id === id)?.light;

  it("ends with 0 where nothing is red, and shows no secret", async () => {
    const { github, environment } = await scene();
    const key = join(directory, "key.pem");
    writeFileSync(key, github.app.privateKey, { mode: 0o600 });
    const data = join(directory, "data");
    mkdirSync(data);
    const env = { ...environment, PRIVATE_KEY: "", PRIVATE_KEY_PATH: key };

    const ended = await modprobot(
      ["doctor", "--json", "--data", data, "--accept", "known-vulnerable-nix"],
      env,
    );

    const reds = told(ended).diagnoses.filter(({ light }) => light === "red");
    expect(reds).toEqual([]);
    expect([ended.status, ended.stderr]).toEqual([0, ""]);
    for (const id of [
      "nix-sandbox",
      "jail",
      "qemu",
      "git",
      "settings",
      "private-key",
      "app",
      "webhook-address",
    ])
      expect([id, lightOf(ended, id)]).toEqual([id, "green"]);
    expect(ended.stdout).not.toContain(github.webhookSecret);
    expect(ended.stdout).not.toContain("PRIVATE KEY-----");
  });

  it("ends with 3 where something is, and has looked at all the rest", async () => {
    const { github, environment } = await scene();
    const key = join(directory, "open.pem");
    writeFileSync(key, github.app.privateKey);
    chmodSync(key, 0o644);
    const env = {
      ...environment,
      PRIVATE_KEY: "",
      PRIVATE_KEY_PATH: key,
      APP_ID: "",
      WEBHOOK_SECRET: "short",
    };

    const ended = await modprobot(["doctor", "--data", join(directory, "none")], env);

    expect(ended.status).toBe(3);
    expect(ended.stdout).toMatch(/^✖ Settings +one is missing or wrong$/m);
    expect(ended.stdout).toContain("→ APP_ID is missing.");
    expect(ended.stdout).toMatch(/^✖ Private key file/m);
    expect(ended.stdout).toMatch(/^✖ Webhook secret/m);
    expect(ended.stdout).toMatch(/^\? GitHub App +not checked: see Settings$/m);
    expect(ended.stdout).toMatch(/^✔ Build sandbox/m);
    expect(ended.stdout).not.toContain("\u001b");
    expect(existsSync(join(directory, "none"))).toBe(false);
  });

  it.each([["--accept", "everything"], ["--nonsense"], ["argument"]])(
    "ends with 2 for %s",
    async (...args) => {
      expect((await modprobot(["doctor", ...args])).status).toBe(2);
    },
  );
});
