/**
 * Known holes of Nix through which a pull request's build gets out of its sandbox or into the store of others.
 *
 * A release line (2.28, 2.34) either got a fix in one of its releases or ended without one. Lines newer than all that are
 * listed have it from their first release on. Left out are holes whose fixed releases nobody has confirmed
 * (CVE-2024-38531, CVE-2024-47174): all releases that have them have others of this list too. Distributions may mend a
 * release and leave its number; that cannot be seen from outside.
 */
export interface Advisory {
  /** https://nvd.nist.gov/vuln/detail/ has a page of that name. */
  readonly id: string;
  /** Goes on behind "lets a build …". */
  readonly what: string;
  readonly nix?: Lines;
  /** Lix (https://lix.systems) numbers its releases on its own. Absent: not known to have it. */
  readonly lix?: Lines;
}

export interface Lines {
  /** First release of each line that has the hole; absent: it was there from the beginning. */
  readonly since?: readonly string[];
  /** First release of each line without it. */
  readonly fixed: readonly string[];
}

/** Also where CVE-2026-39860 came from. */
const FIXED_27297 = ["2.3.18", "2.18.2", "2.19.4", "2.20.5"] as const;

export const ADVISORIES: readonly Advisory[] = [
  {
    id: "CVE-2024-27297",
    what: "change the output of another one after its hash was checked",
    nix: { fixed: FIXED_27297 },
  },
  {
    id: "CVE-2024-45593",
    what: "write any file as root, through an archive it made",
    nix: { since: ["2.24.0"], fixed: ["2.24.6"] },
  },
  {
    id: "CVE-2025-46415",
    what: "remove files of the host, through its temporary directory (and CVE-2025-46416, -52991, -52992, -52993)",
    nix: { fixed: ["2.24.15", "2.26.4", "2.28.4", "2.29.1"] },
    lix: { fixed: ["2.91.2", "2.92.2", "2.93.1"] },
  },
  {
    id: "CVE-2026-39860",
    what: "write any file as root, through a link where its output is expected",
    nix: {
      since: FIXED_27297,
      fixed: ["2.28.6", "2.29.3", "2.30.4", "2.31.4", "2.32.7", "2.33.4", "2.34.5"],
    },
  },
  {
    id: "CVE-2026-44028",
    what: "run code as the daemon, through an archive nested deeply",
    nix: {
      since: ["2.24.4"],
      fixed: ["2.28.7", "2.29.4", "2.30.5", "2.31.5", "2.32.8", "2.33.6", "2.34.7"],
    },
    lix: { since: ["2.93.0"], fixed: ["2.93.4", "2.94.2", "2.95.2"] },
  },
];
