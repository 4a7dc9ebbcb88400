/**
 * Where a link in the store leads, found out one component at a time.
 *
 * Outputs are hostile: a link may point anywhere on this machine, and the kernel would follow it. Here nothing outside
 * /nix/store is ever looked at; such a link is `outside`, which says nothing about whether it will lead somewhere on the
 * machine it is meant for (`/run/booted-system/…` does not exist here and is fine).
 */
import { lstat, readlink } from "node:fs/promises";
import { STORE_DIRECTORY } from "./store-path.ts";

export type LinkEnd =
  | { readonly kind: "file" | "directory"; readonly path: string }
  | { readonly kind: "missing" | "outside" };

/** As many as Linux follows before it says ELOOP. */
const HOPS = 40;

/** Follows all links of a path. Never leaves the store. */
export async function resolveInStore(path: string): Promise<LinkEnd> {
  if (!path.startsWith(`${STORE_DIRECTORY}/`)) return { kind: "outside" };
  let done: string[] = [];
  const pending = components(path).reverse();
  let hops = 0;
  let kind: "file" | "directory" = "directory";
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === "..") {
      done.pop();
      continue;
    }
    if (kind === "file") return { kind: "missing" };
    const here = `/${[...done, part].join("/")}`;
    if (!isAllowed(here)) return { kind: "outside" };
    const status = await lstat(here).catch(() => undefined);
    if (status === undefined) return { kind: "missing" };
    if (status.isSymbolicLink()) {
      hops += 1;
      if (hops > HOPS) return { kind: "missing" };
      const target = await readlink(here);
      if (target.startsWith("/")) done = [];
      pending.push(...components(target).reverse());
      continue;
    }
    done.push(part);
    kind = status.isDirectory() ? "directory" : "file";
  }
  const end = `/${done.join("/")}`;
  return end.startsWith(`${STORE_DIRECTORY}/`) ? { kind, path: end } : { kind: "outside" };
}

/** The store and the way to it. */
function isAllowed(path: string): boolean {
  return path === "/nix" || path === STORE_DIRECTORY || path.startsWith(`${STORE_DIRECTORY}/`);
}

const components = (path: string) => path.split("/").filter((part) => part !== "" && part !== ".");
