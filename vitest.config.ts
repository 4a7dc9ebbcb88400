import { defineConfig } from "vitest/config";

/** Tests of the GitHub App that start databases, servers and a fake GitHub. */
const APP = [
  "test/{app,store,queue,github,harness,web}/**/*.real.test.ts",
  "test/app.real.test.ts",
  "test/cli/{serve,setup,doctor,pr}.real.test.ts",
  "test/git/remote.real.test.ts",
];

/**
 * Three projects. `unit`: pure and quick, run by `npm run check`. `real`: real Nix, QEMU, git and browser. `app`: the GitHub
 * App, its server and workers beside a GitHub that is made for it. `bin/test` runs the first two, `npm run app` the third.
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
          exclude: APP,
          // One machine, one Nix store, two cores: files one after the other.
          fileParallelism: false,
          testTimeout: 20 * 60_000,
          hookTimeout: 60 * 60_000,
        },
      },
      {
        test: {
          name: "app",
          include: APP,
          fileParallelism: false,
          testTimeout: 20 * 60_000,
          hookTimeout: 20 * 60_000,
        },
      },
    ],
  },
});
