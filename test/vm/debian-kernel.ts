/**
 * A real kernel for tests: Debian's cloud kernel, downloaded and unpacked, with the indexes its package leaves to
 * depmod. Also smaller trees made of its modules.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, dirname, join } from "node:path";

export interface TestKernel {
  readonly image: string;
  readonly modulesRoot: string;
  readonly version: string;
}

/** Takes some seconds. */
export function unpackDebianKernel(directory: string): TestKernel {
  const depends = execFileSync("apt-cache", ["depends", "linux-image-cloud-amd64"], { encoding: "utf8" });
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1] ?? "";
  execFileSync("apt-get", ["-qq", "-o", `APT::Sandbox::User=${userInfo().username}`, "download", name], {
    cwd: directory,
  });
  const package_ = readdirSync(directory).find((file) => file.endsWith(".deb")) ?? "";
  const root = join(directory, "kernel");
  execFileSync("dpkg-deb", ["-x", join(directory, package_), root]);
  const version = readdirSync(join(root, "lib/modules"))[0] ?? "";
  depmod(root, version);
  return { image: join(root, `boot/vmlinuz-${version}`), modulesRoot: root, version };
}

/** A tree of a few of its modules, each handed through `change`. Names are paths below `kernel/`. */
export function smallTree(
  directory: string,
  kernel: TestKernel,
  modules: Readonly<Record<string, (file: string) => void>>,
  version = kernel.version,
): string {
  const from = join(kernel.modulesRoot, "lib/modules", kernel.version);
  const to = join(directory, "lib/modules", version);
  for (const [path, change] of Object.entries(modules)) {
    const file = join(to, "kernel", path);
    mkdirSync(dirname(file), { recursive: true });
    copyFileSync(join(from, "kernel", path), file);
    change(file);
  }
  for (const index of ["modules.order", "modules.builtin", "modules.builtin.modinfo"]) {
    copyFileSync(join(from, index), join(to, basename(index)));
  }
  depmod(directory, version);
  return directory;
}

function depmod(root: string, version: string): void {
  writeFileSync(join(root, "empty"), "");
  const PATH = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  execFileSync("depmod", ["-C", join(root, "empty"), "-b", root, version], {
    env: { PATH },
    stdio: "ignore",
  });
}
