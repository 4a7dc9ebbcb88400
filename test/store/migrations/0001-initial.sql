-- Rows as they may stand right after 0001-initial: one of each kind, hostile text and large numbers among them.
insert into deliveries (guid, event, body_sha256, payload, outcome, error, received_at, finished_at) values
  ('72d3162e-cc78-11e3-81ab-4c9367dc0958', 'pull_request', repeat('0', 64), '{"number":7}', 'handled', null, '2026-01-01', '2026-01-01'),
  ('72d3162e-cc78-11e3-81ab-4c9367dc0959', 'issue_comment', repeat('1', 64), '{"body":"NUL \u0000"}', 'failed', 'GitHub was away', '2026-01-02', '2026-01-02'),
  ('72d3162e-cc78-11e3-81ab-4c9367dc0960', 'check_run', repeat('2', 64), '{}', 'accepted', null, '2026-01-03', null);

insert into repositories (id, installation_id, owner, name) values
  (4542716, 12, 'NixOS', 'nixpkgs'),
  (5000000000, 13, 'octo', 'kernels');

insert into checks (id, repository_id, number, head_sha, base_sha, merge_sha, conflict, state, scope, system, requested_by,
    approved, check_run_id, stage, result, reason, created_at, started_at, finished_at, heartbeat_at, worker, told) values
  ('5a5cbb9e-0000-4000-8000-000000000001', 4542716, 423933, repeat('a', 40), repeat('b', 40), repeat('c', 40), false, 'done',
    '{"kind":"everything"}', 'x86_64-linux', null, true, 6000000000, 'report', '{"schema":1,"findings":[]}', null,
    '2026-01-01', '2026-01-01', '2026-01-01', null, null, true),
  ('5a5cbb9e-0000-4000-8000-000000000002', 4542716, 423933, repeat('d', 40), null, null, true, 'running',
    '{"kind":"rebuilds","why":"linuxPackages.zfs"}', 'aarch64-linux', 'ada', false, null, 'evaluate', null, null,
    '2026-01-02', '2026-01-02', null, '2026-01-02', 'worker-1', false),
  ('5a5cbb9e-0000-4000-8000-000000000003', 5000000000, 1, repeat('e', 40), null, null, false, 'superseded',
    '{"kind":"everything"}', 'x86_64-linux', 'bob', false, null, null, null, 'the head moved', '2026-01-02', null, '2026-01-02',
    null, null, false);

insert into requests (repository_id, number, key, check_id) values
  (4542716, 423933, '72d3162e-cc78-11e3-81ab-4c9367dc0958', '5a5cbb9e-0000-4000-8000-000000000001');

insert into stages (check_id, stage, status, reason, seconds, value, saved_at) values
  ('5a5cbb9e-0000-4000-8000-000000000001', 'vm', 'not-run', 'no QEMU', 0.5, null, '2026-01-01'),
  ('5a5cbb9e-0000-4000-8000-000000000002', 'evaluate', 'done', null, null, '{"attrs":12}', '2026-01-02');

insert into findings (check_id, position, kind, severity, subject, file, line, message) values
  ('5a5cbb9e-0000-4000-8000-000000000001', 0, 'consumer-broken', 'failure', 'zfs', 'a/b.nix', 3, '<img src=x onerror=alert(1)>');

insert into logs (check_id, name, path, bytes, created_at) values
  ('5a5cbb9e-0000-4000-8000-000000000001', 'linux at head', '/var/lib/modprobot/logs/1', 5000000000, '2026-01-01');

insert into comments (repository_id, number, comment_id) values (4542716, 423933, 5000000001);
insert into commands (repository_id, comment_id, claimant, claimed_at) values (4542716, 5000000002, 'guid', '2026-01-01');
insert into approvals (repository_id, number, head_sha, login, approved_at) values
  (4542716, 423933, repeat('a', 40), 'ada', '2026-01-01');
