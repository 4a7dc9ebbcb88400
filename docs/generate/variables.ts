/** The environment variables as Markdown, from the table that their readers are held to. */
import { VARIABLES, type VariableUser, type VariableWords } from "../../src/config/variables.ts";
import { table } from "./markdown.ts";

const EVERY_COMMAND = { title: "Of every command", users: ["check"] } as const;

/** Each variable stands under the first that fits. */
const GROUPS: readonly { readonly title: string; readonly users: readonly VariableUser[] }[] = [
  { title: "Of `modprobot serve` and `modprobot worker`", users: ["serve", "worker"] },
  { title: "Of `modprobot setup`", users: ["setup"] },
  { title: "Of `modprobot pr`", users: ["pr"] },
  EVERY_COMMAND,
  { title: "Handed on to Nix, git and QEMU, which see nothing else of the environment", users: ["programs"] },
];

export function environmentVariables(): string {
  const left = new Map<string, VariableWords>(Object.entries(VARIABLES));
  return GROUPS.map(({ title, users }) => {
    const rows = [...left].filter(([, words]) => groupOf(words) === users);
    for (const [name] of rows) left.delete(name);
    return `### ${title}\n\n${variableTable(rows)}`;
  }).join("\n\n");
}

function groupOf({ users }: VariableWords): readonly VariableUser[] | undefined {
  // What `check` reads, all read.
  if (users.includes("check")) return EVERY_COMMAND.users;
  return GROUPS.find((group) => users.some((user) => group.users.includes(user)))?.users;
}

function variableTable(rows: readonly (readonly [string, VariableWords])[]): string {
  return table(
    ["variable", "meaning", "without it", "example"],
    rows.map(([name, words]) => [
      `\`${name}\`${words.orFile === true ? `<br>or \`${name}_FILE\`` : ""}`,
      words.users.join() === "serve" ? `${words.meaning} \`serve\` only.` : words.meaning,
      words.fallback ?? "**has to be set**",
      words.example.startsWith("(") ? words.example.slice(1, -1) : `\`${words.example}\``,
    ]),
  );
}
