//! Tables that are computed: `information_schema`, `pg_catalog`, and what is open of `crdb_internal` and `system`.

/// The OID that `pg_catalog` gives a role: a stable number made of its name.
pub fn role_oid(name: &str) -> i64 {
    let hash = name.bytes().fold(0x811c_9dc5u32, |h, b| {
        (h ^ u32::from(b)).wrapping_mul(0x0100_0193)
    });
    i64::from(hash & 0x7fff_ffff)
}
