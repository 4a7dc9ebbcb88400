import { defineConfig } from "vitest/config";

/** What the App goes through: processes killed at any moment, GitHub failing at every call, restarts. Mostly waiting. */
const ENDURANCE = [
  "test/app/{check-process,drain,github-faults,kills,lifecycle,worker-death}.real.test.ts",
  "test/queue/queue.real.test.ts",
  "test/store/database.real.test.ts",
];

/** Tests of the GitHub App that start databases, servers and a fake GitHub. */
const APP = [
  "test/{app,store,queue,github,harness,web}/**/*.real.test.ts",
  "test/app.real.test.ts",
  "test/cli/{serve,setup,doctor,pr}.real.test.ts",
  "test/git/remote.real.test.ts",
];

/**
 * Four projects. `unit`: pure and quick, run by `npm run check`. `real`: real Nix, QEMU, git and browser. `app`: the GitHub App,
 * its server and workers beside a GitHub that is made for it. `endurance`: the same, where something keeps going wrong.
 * `bin/test` runs all but the last, which takes an hour: `npm run endurance`.
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
          exclude: ENDURANCE,
          fileParallelism: false,
          testTimeout: 20 * 60_000,
          hookTimeout: 20 * 60_000,
        },
      },
      {
        test: {
          name: "endurance",
          include: ENDURANCE,
          fileParallelism: false,
          testTimeout: 40 * 60_000,
          hookTimeout: 20 * 60_000,
        },
      },
    ],
  },
});
