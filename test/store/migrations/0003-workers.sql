insert into workers (worker, system, seen_at) values ('worker-1', 'x86_64-linux', '2026-01-02');
