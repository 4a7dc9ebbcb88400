/**
 * Every environment variable there is: what it means, where it counts, what holds without it.
 *
 * The readers take no name that is not here, so one that nobody described does not compile, and docs/configure.md is
 * made of this table. `test/config/variables.test.ts` sees that each is read.
 */

/** Who reads it. `programs`: handed on to Nix, git and QEMU, which see nothing else of our environment. */
export type VariableUser = "serve" | "worker" | "setup" | "pr" | "check" | "programs";

export interface VariableWords {
  readonly users: readonly VariableUser[];
  readonly meaning: string;
  /** In words; undefined: it has to be set. */
  readonly fallback: string | undefined;
  readonly example: string;
  /** `NAME_FILE` may name a file that holds it instead. */
  readonly orFile?: true;
}

const APP = ["serve", "worker"] as const;

export const VARIABLES = {
  APP_ID: {
    users: APP,
    meaning: "The number called “App ID” on the App's page.",
    fallback: undefined,
    example: "123456",
  },
  PRIVATE_KEY_PATH: {
    users: APP,
    meaning: "File with the App's private key (PEM). The way to give it.",
    fallback: "`PRIVATE_KEY`",
    example: "/etc/modprobot/private-key.pem",
  },
  PRIVATE_KEY: {
    users: APP,
    meaning:
      "The key itself, where there can be no file: PEM, PEM with `\\n` for line ends, or base64 of it.",
    fallback: "`PRIVATE_KEY_PATH`; one of the two has to be set",
    example: "LS0tLS1CRUdJTi…",
    orFile: true,
  },
  WEBHOOK_SECRET: {
    users: ["serve"],
    meaning: "What GitHub signs webhooks with; at least 16 characters.",
    fallback: undefined,
    example: "(output of `openssl rand -hex 32`)",
    orFile: true,
  },
  WEBHOOK_SECRET_PREVIOUS: {
    users: ["serve"],
    meaning: "The secret before that one, taken as well while it is being changed.",
    fallback: "none",
    example: "(the old secret)",
    orFile: true,
  },
  GHE_HOST: {
    users: [...APP, "setup", "pr"],
    meaning: "Name of a GitHub Enterprise host.",
    fallback: "github.com",
    example: "github.example.org",
  },
  DATABASE_URL: {
    users: APP,
    meaning: "A PostgreSQL, which any number of servers and workers may share.",
    fallback: "an embedded database in the data directory, for one process",
    example: "postgresql://modprobot:password@db.example.org/modprobot",
    orFile: true,
  },
  DATABASE_PASSWORD: {
    users: APP,
    meaning:
      "Its password, where the address has none: one file then serves the database's container and ours.",
    fallback: "what stands in the address",
    example: "(output of `openssl rand -hex 32`)",
    orFile: true,
  },
  MODPROBOT_DATA: {
    users: APP,
    meaning:
      "Data directory, an absolute path: embedded database, mirrors, kept checkouts, cached results. `--data` wins over it.",
    fallback: "`$XDG_CACHE_HOME/modprobot`, else `~/.cache/modprobot`",
    example: "/var/lib/modprobot",
  },
  HOST: {
    users: ["serve"],
    meaning: "Address to listen on for webhooks and pages.",
    fallback: "127.0.0.1",
    example: "0.0.0.0",
  },
  PORT: {
    users: ["serve"],
    meaning: "Port of the same; 0 takes any that is free.",
    fallback: "3000",
    example: "8080",
  },
  METRICS_HOST: {
    users: APP,
    meaning: "Address to listen on for `/metrics`, `/livez` and `/readyz`.",
    fallback: "127.0.0.1",
    example: "0.0.0.0",
  },
  METRICS_PORT: {
    users: APP,
    meaning: "Port of the same; every process on a machine needs its own.",
    fallback: "9464",
    example: "9465",
  },
  PUBLIC_URL: {
    users: [...APP, "setup"],
    meaning: "What browsers reach this server under. Comments and check runs then link their full reports.",
    fallback: "no links",
    example: "https://modprobot.example.org",
  },
  FALSE_ALARM_URL: {
    users: APP,
    meaning:
      "Where people say that a finding is wrong, linked below each report: your tracker, or the issue form of `.github/ISSUE_TEMPLATE/false-alarm.yml` in a copy of this repository.",
    fallback: "no link",
    example: "https://github.com/example/modprobot/issues/new?template=false-alarm.yml",
  },
  LOG_LEVEL: {
    users: APP,
    meaning: "Least serious lines of the log: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `silent`.",
    fallback: "info",
    example: "debug",
  },
  MODPROBOT_GITHUB_API_URL: {
    users: [...APP, "setup", "pr"],
    meaning: "Address of GitHub's API, for a stand-in in tests. `GHE_HOST` is what an Enterprise host needs.",
    fallback: "GitHub's own",
    example: "http://127.0.0.1:4000",
  },
  GITHUB_TOKEN: {
    users: ["pr"],
    meaning:
      "A person's token. One that reads public repositories is enough to look; `--post` needs one that may comment.",
    fallback: "`GH_TOKEN`",
    example: "(output of `gh auth token`)",
  },
  GH_TOKEN: {
    users: ["pr"],
    meaning: "The same, under the name that GitHub's own command line uses.",
    fallback: "none; `modprobot pr` needs one of the two",
    example: "(output of `gh auth token`)",
  },
  XDG_CACHE_HOME: {
    users: ["check", "pr", "serve", "worker"],
    meaning:
      "Where caches are kept, an absolute path; ours is `modprobot` in it unless another place is given.",
    fallback: "`~/.cache`",
    example: "/var/cache",
  },
  HOME: {
    users: ["check", "setup", "pr", "serve", "worker"],
    meaning: "What `~` stands for in these tables.",
    fallback: "/var/tmp",
    example: "/home/me",
  },
  XDG_CONFIG_HOME: {
    users: ["setup"],
    meaning: "Where settings are kept, an absolute path; `modprobot setup` writes to `modprobot` in it.",
    fallback: "`~/.config`",
    example: "/etc",
  },
  NO_COLOR: {
    users: ["check", "pr"],
    meaning: "Set to anything: no colours ([no-color.org](https://no-color.org)).",
    fallback: "colours on a terminal",
    example: "1",
  },
  PATH: {
    users: ["programs"],
    meaning: "Where `nix-store`, `git`, `bwrap`, `qemu-system-…` and the others are found.",
    fallback: "the service manager's",
    example: "/usr/bin:/bin",
  },
  TMPDIR: {
    users: ["programs", "check", "pr", "serve", "worker"],
    meaning: "Where the files of a running check lie; they need some GB.",
    fallback: "/tmp",
    example: "/var/tmp",
  },
  NIX_REMOTE: {
    users: ["programs"],
    meaning: "How Nix reaches its store.",
    fallback: "Nix's own choice",
    example: "daemon",
  },
  NIX_CONF_DIR: {
    users: ["programs"],
    meaning: "Directory of `nix.conf`.",
    fallback: "/etc/nix",
    example: "/etc/nix",
  },
  NIX_USER_CONF_FILES: {
    users: ["programs"],
    meaning: "Further configuration files of Nix.",
    fallback: "none: programs get a home that does not exist",
    example: "/etc/modprobot/nix.conf",
  },
  NIX_STATE_DIR: {
    users: ["programs"],
    meaning: "Nix's state.",
    fallback: "/nix/var/nix",
    example: "/nix/var/nix",
  },
  NIX_STORE_DIR: {
    users: ["programs"],
    meaning: "Nix's store.",
    fallback: "/nix/store",
    example: "/nix/store",
  },
  NIX_LOG_DIR: {
    users: ["programs"],
    meaning: "Nix's build logs.",
    fallback: "/nix/var/log/nix",
    example: "/nix/var/log/nix",
  },
  NIX_SSL_CERT_FILE: {
    users: ["programs"],
    meaning: "Certificates for Nix's downloads.",
    fallback: "the system's",
    example: "/etc/ssl/certs/ca-certificates.crt",
  },
} as const satisfies Record<string, VariableWords>;

export type VariableName = keyof typeof VARIABLES;

type WithFile<Name extends VariableName> = (typeof VARIABLES)[Name] extends { readonly orFile: true }
  ? Name
  : never;

/** Those that a file may hold: `NAME_FILE`. */
export type SecretName = { [Name in VariableName]: WithFile<Name> }[VariableName];
