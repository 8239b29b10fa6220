//! What a user may do through the roles it is in.

use roachvault_cockroach::capabilities::{self, Action, Permission, Who};
use roachvault_cockroach::{Cluster, Secret, version};

use super::quiet::watched;

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_comes_from_a_role_of_a_role_counts_as_granted() {
    let (_practice, _relay, admin) = watched().await;
    let cluster = Cluster::connect(&admin).await.unwrap();
    sqlx::raw_sql(
        "CREATE USER max WITH PASSWORD 'w0rd-of-max'; CREATE ROLE backers; CREATE ROLE operators; \
         GRANT BACKUP ON DATABASE defaultdb TO operators; GRANT operators TO backers; GRANT backers TO max",
    )
    .execute(cluster.pool())
    .await
    .unwrap();
    cluster.close().await;

    let mut max = admin;
    max.user = "max".into();
    max.password = Some(Secret::new("w0rd-of-max"));
    let cluster = Cluster::connect(&max).await.unwrap();
    let version = version::read(&cluster).await.unwrap();
    let mut connection = cluster.pool().acquire().await.unwrap();
    let who = Who {
        host: "localhost",
        user: "max",
        database: "defaultdb",
    };
    let found = capabilities::read(&mut connection, who, &version).await;
    drop(connection);
    cluster.close().await;
    let permission = |action| {
        found
            .abilities
            .iter()
            .find(|ability| ability.action == action)
            .map(|ability| ability.permission)
    };
    assert_eq!(found.admin, Some(false));
    assert_eq!(permission(Action::BackUpDatabase), Some(Permission::Allowed));
    assert_eq!(permission(Action::BackUpCluster), Some(Permission::NotGranted));
}
