/**
 * What a boot in a VM came to. `not-run` is our trouble (no QEMU, no image to boot because the build
 * failed); `failed` is the kernel's or the test's.
 */
export type Accelerator = "kvm" | "tcg";

/** A module the built-in boot test loads, with options, and the values expected back under /sys/module. */
export interface ModprobeRequest {
  readonly module: string;
  /** `max_loop` → `4`. Each is read back from `/sys/module/<module>/parameters/<name>`. */
  readonly options: Readonly<Record<string, string>>;
  /** One of our defaults, not asked for by anybody: a kernel that does not have it is none the worse. */
  readonly optional?: true;
}

export interface ModuleLoad {
  readonly module: string;
  /** `builtin`: nothing to load, present under /sys/module or modules.builtin. */
  readonly loaded: "loaded" | "builtin" | "missing" | "failed";
  /** What modprobe said, raw. */
  readonly message?: string;
  /** Parameter → value read back; `null`: the file was not there. */
  readonly parameters: Readonly<Record<string, string | null>>;
  readonly unloaded: boolean;
}

export type VmOutcome =
  | {
      readonly outcome: "passed" | "failed";
      readonly seconds: number;
      readonly accelerator: Accelerator;
      /** Why it failed, one line each, in the order met; empty when passed. */
      readonly problems: readonly string[];
      readonly kernelRelease?: string;
      readonly modules: readonly ModuleLoad[];
      /** Problems of a first try, where a second one passed: such an outcome is flaky, not a pass. */
      readonly firstTry?: readonly string[];
      /** Console lines that the splat rules matched. */
      readonly splats: readonly string[];
      /** Last lines of the console, raw: hostile text. */
      readonly consoleTail: readonly string[];
    }
  | {
      readonly outcome: "timeout";
      readonly seconds: number;
      readonly accelerator: Accelerator;
      readonly consoleTail: readonly string[];
    }
  | { readonly outcome: "not-run"; readonly reason: string };
