/** `modprobot setup`: makes the operator's own GitHub App. */
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { readAppManifest } from "../../config/app-manifest.ts";
import { defaultSettingsDirectory, setupSettings } from "../../config/env.ts";
import type { SetupSettings } from "../../config/setup-settings.ts";
import { type AppManifest, LONGEST_APP_NAME, manifestFor } from "../../domain/app-manifest.ts";
import { parsePublicUrl } from "../../domain/public-url.ts";
import { UserError } from "../../errors.ts";
import { gitHubAddress } from "../../github/address.ts";
import type { CommandContext } from "../command-context.ts";
import { manualSteps } from "../setup/setup-texts.ts";

interface SetupOptions {
  readonly org?: string;
  readonly publicUrl?: string;
  readonly name?: string;
  readonly out?: string;
  readonly port: number;
  readonly wait: number;
  readonly replace?: boolean;
  readonly manual?: boolean;
}

const HELP = `
It listens on this machine alone, under an address that is good once, and asks GitHub for what app.yml lists. On an
Enterprise host set GHE_HOST. Nothing is made before you confirm on GitHub.

Examples:
  modprobot setup --public-url https://modprobot.example.org
  modprobot setup --public-url https://modprobot.example.org --org my-org --out /etc/modprobot
  modprobot setup --public-url https://modprobot.example.org --manual`;

export function setupCommand({ io, signal }: CommandContext): Command {
  return new Command("setup")
    .description("make the GitHub App: permissions, webhook, key and secret, in one go")
    .option("--public-url <url>", "where GitHub and people reach this server (default: PUBLIC_URL)")
    .option("--org <name>", "organization that will own the App (default: your own account)", organization)
    .option(
      "--name <name>",
      "name of the App, unique on all of GitHub (default: from app.yml, and --org)",
      appName,
    )
    .option("--out <dir>", "where key and environment file are written (default: ~/.config/modprobot)")
    .option("--replace", "write over a key and an environment file that are there already")
    .option("--port <number>", "port of the one-time address (default: any that is free)", port, 0)
    .option("--wait <minutes>", "how long to wait for you, at most 60", minutes, 30)
    .option("--manual", "only say how to do it by hand, step by step")
    .addHelpText("after", HELP)
    .action(async (options: SetupOptions) => {
      const settings = setupSettings();
      const github = placeOf(settings);
      const { gitUrl } = gitHubAddress(github);
      const out = resolve(options.out ?? defaultSettingsDirectory());
      const written = readAppManifest();
      const publicUrl = publicUrlOf(options, settings, written);
      const name = options.name ?? defaultName(written.name, options.org);
      const manifest = manifestFor(written, { name, publicUrl });
      const common = { manifest, publicUrl, organization: options.org };
      if (options.manual === true) {
        io.stdout.write(manualSteps({ ...common, siteUrl: gitUrl, directory: out, host: settings.host }));
        return;
      }
      const warn = (text: string) => io.stderr.write(`modprobot: warning: ${text}\n`);
      if (publicUrl.startsWith("http:") && settings.apiUrl === undefined)
        warn(`${publicUrl} is not https: webhooks and reports can be read on their way`);
      // Loaded here: no other command needs its libraries.
      const { setUp } = await import("../setup/set-up.ts");
      await setUp(
        {
          ...common,
          github,
          out,
          replace: options.replace === true,
          port: options.port,
          waitMs: options.wait * 60_000,
          tell: (text) => io.stdout.write(text),
          warn,
        },
        signal,
      );
    });
}

function placeOf({ host, apiUrl }: SetupSettings) {
  return { ...(host === undefined ? {} : { host }), ...(apiUrl === undefined ? {} : { apiUrl }) };
}

/** By hand the address of app.yml may stand for the one that is not known yet. @throws UserError public-url, public-url-missing */
function publicUrlOf(options: SetupOptions, settings: SetupSettings, written: AppManifest): string {
  const given =
    options.publicUrl ?? settings.publicUrl ?? (options.manual === true ? written.url : undefined);
  if (given === undefined) {
    throw new UserError(
      "public-url-missing",
      "GitHub has to know where to send webhooks",
      "Give --public-url (or PUBLIC_URL): the address under which GitHub and people reach this server, such as\nhttps://modprobot.example.org. A proxy or a tunnel leads from there to the port of `modprobot serve`.",
    );
  }
  const mayBeLocal = settings.host !== undefined || settings.apiUrl !== undefined;
  return parsePublicUrl(given, { mayBeLocal });
}

/** Names are unique on all of GitHub, and the short one is surely taken. */
function defaultName(name: string, org: string | undefined): string {
  return org === undefined ? name : `${name}-${org}`.slice(0, LONGEST_APP_NAME).replace(/-+$/, "");
}

function appName(text: string): string {
  const name = text.trim();
  if (name !== "" && name.length <= LONGEST_APP_NAME) return name;
  throw new InvalidArgumentError(`It has to have from 1 to ${LONGEST_APP_NAME} characters.`);
}

function organization(text: string): string {
  if (/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})$/.test(text)) return text;
  throw new InvalidArgumentError("It has to be the organization's name as in its address, such as NixOS.");
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError("It has to be a number from 0 to 65535; 0 takes any that is free.");
}

function minutes(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 60) return Number(text);
  throw new InvalidArgumentError("It has to be a number of minutes from 1 to 60.");
}
