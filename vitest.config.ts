import { defineConfig } from "vitest/config";

/**
 * Two projects. `unit`: pure and quick, run by `npm run check`. `real`: real Nix, QEMU, git and
 * browser; run by `bin/test` after `bin/setup`.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.real.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "real",
          include: ["test/**/*.real.test.ts"],
          // One machine, one Nix store, two cores: files one after the other.
          fileParallelism: false,
          testTimeout: 20 * 60_000,
          hookTimeout: 60 * 60_000,
        },
      },
    ],
  },
});
