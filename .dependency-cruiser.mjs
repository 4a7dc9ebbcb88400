/**
 * The layers of docs/architecture.md, executable. Every rule says what was probably meant instead.
 * test/architecture.test.ts breaks each rule once and sees it fail.
 */
const src = (folders) => `^src/(${folders})/`;
const adapters = "nix|vm|git|github|queue|store";

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-cycles",
      severity: "error",
      comment:
        "Two modules that need each other are one module, or hide a third: move what they share into it.",
      from: {},
      to: { circular: true },
    },
    {
      name: "domain-is-pure",
      severity: "error",
      comment:
        "domain/ decides and nothing else. Hand it the facts as values; do the reading in an adapter and the joining in workflow/.",
      from: { path: src("domain") },
      to: { path: "^src/", pathNot: ["^src/domain/", "^src/errors\\.ts$"] },
    },
    {
      name: "domain-touches-no-world",
      severity: "error",
      comment:
        "No files, processes or libraries in domain/: a decision that needs one is missing a parameter.",
      from: { path: src("domain") },
      to: { pathNot: "^src/" },
    },
    {
      name: "report-reads-results-only",
      severity: "error",
      comment: "A renderer sees the finished result and nothing else. Put what it misses into CheckResult.",
      from: { path: src("report") },
      to: { path: "^src/", pathNot: ["^src/(report|domain)/", "^src/errors\\.ts$"] },
    },
    {
      name: "report-touches-no-world",
      severity: "error",
      comment: "Reports are text made from values; writing them to a file is the command line's part.",
      from: { path: src("report") },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "config-knows-the-domain-only",
      severity: "error",
      comment: "Configuration is words and rules. What acts on it belongs in workflow/ or an adapter.",
      from: { path: src("config") },
      to: { path: "^src/", pathNot: ["^src/(config|domain)/", "^src/errors\\.ts$"] },
    },
    {
      name: "workflow-names-no-vendor",
      severity: "error",
      comment: "The story goes through workflow/ports.ts. Add a port, and let cli/ hand in the adapter.",
      from: { path: src("workflow") },
      to: { path: "^src/", pathNot: ["^src/(workflow|domain|report|config)/", "^src/errors\\.ts$"] },
    },
    {
      name: "adapters-stand-alone",
      severity: "error",
      comment:
        "One vendor per folder, none importing another, so that each can be replaced. What two need is process.ts, a port, or domain.",
      from: { path: `^src/(${adapters})/` },
      to: {
        path: "^src/",
        pathNot: [
          "^src/$1/",
          "^src/(domain|config)/",
          "^src/(errors|process|calls|node-options|own-names)\\.ts$",
          "^src/workflow/(ports|app-ports)\\.ts$",
        ],
      },
    },
    {
      name: "nobody-imports-the-joiners",
      severity: "error",
      comment:
        "cli/ and main.ts join everything; whatever they have that is worth importing belongs in a layer.",
      from: { path: "^src/", pathNot: "^src/(cli/|main\\.ts$)" },
      to: { path: "^src/(cli/|main\\.ts$)" },
    },
    {
      name: "processes-have-one-owner",
      severity: "error",
      comment:
        "Start programs through src/process.ts, which owns cancellation, output caps, time limits and a clean environment; our own code through src/own-process.ts.",
      from: { path: "^src/", pathNot: "^src/(process|own-process)\\.ts$" },
      to: { path: ["^(node:)?child_process$", "node_modules/execa/"] },
    },
    {
      name: "github-has-one-owner",
      severity: "error",
      comment:
        "Octokit and Probot are known to src/github/ and src/app.ts alone; everybody else goes through workflow/app-ports.ts.",
      from: { path: "^src/", pathNot: ["^src/github/", "^src/(app|main)\\.ts$", "^src/(cli|web)/"] },
      to: { path: "(^|node_modules/)(probot|octokit|@octokit)(/|$)" },
    },
    {
      name: "queue-has-one-owner",
      severity: "error",
      comment: "pg-boss is known to src/queue/ alone; everybody else goes through workflow/app-ports.ts.",
      from: { path: "^src/", pathNot: "^src/queue/" },
      to: { path: "(^|node_modules/)pg-boss(/|$)" },
    },
    {
      name: "database-has-one-owner",
      severity: "error",
      comment: "SQL is written in src/store/. The queue gets a SqlAccess, everybody else a StorePort.",
      from: { path: "^src/", pathNot: "^src/store/" },
      to: { path: "(^|node_modules/)(kysely|pg|@electric-sql)(/|$)" },
    },
    {
      name: "web-receives-and-shows",
      severity: "error",
      comment:
        "web/ hands deliveries to the store and shows what is there. Whatever does work belongs in workflow/, which the queue calls.",
      from: { path: src("web") },
      to: {
        path: "^src/",
        pathNot: ["^src/(web|domain|report)/", "^src/errors\\.ts$", "^src/workflow/app-ports\\.ts$"],
      },
    },
    {
      name: "no-tests-in-production",
      severity: "error",
      comment: "Production code never needs a test's helper; move what both need into src/.",
      from: { path: "^src/" },
      to: { path: "^test/" },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".mjs", ".js"],
    },
    exclude: { path: "^test/kernel-repo/" },
  },
};
