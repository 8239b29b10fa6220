import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Callout } from "../../components/Callout";
import { Card } from "../../components/Card";
import { CollectionFields, useCollectionChoice } from "../../components/CollectionFields";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TargetFields } from "../../components/TargetFields";
import { collectionsQuery, databasesQuery } from "../../ipc/backups";
import { type Collection, commands } from "../../ipc/bindings";
import { clusterKey } from "../../ipc/connections";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { type ChosenTargets, targetsOf } from "../../lib/targets";
import type { ScheduleSearch } from "./draft";
import styles from "./NewSchedulePage.module.css";

export interface WhatStepProps {
  search: ScheduleSearch;
  onTargetsChange: (targets: ChosenTargets) => void;
  onNext: (collection: Collection, targets: ChosenTargets) => void;
}

export function WhatStep({ search, onTargetsChange, onNext }: WhatStepProps) {
  const { connection } = useCurrentCluster();
  const queryClient = useQueryClient();
  const databases = useQuery(databasesQuery(connection.id));
  const collections = useQuery(collectionsQuery(connection.id));
  const choosable = databases.data?.filter((each) => !each.isSystem && !each.isGone) ?? [];
  // On production nothing is chosen beforehand, not even the only one.
  const isProduction = connection.fields.environment === "production";
  const only = choosable.length === 1 && !isProduction ? choosable[0]?.name : undefined;
  const scope = search.scope ?? "database";
  const chosen: ChosenTargets = {
    scope,
    database: search.database ?? only,
    tables: search.tables ?? "",
  };
  const isComplete = targetsOf(chosen) !== null;
  const known = collections.data ?? [];
  const given = known.find((each) => each.uri === search.collection);
  const proposal = `${scope === "cluster" ? "cluster" : (chosen.database ?? "my")}-schedule`;
  // Each schedule has a collection of its own unless somebody wants otherwise: chains of two would mix.
  const place = useCollectionChoice({
    known,
    proposal: isProduction ? "" : proposal,
    prefersKnown: given !== undefined,
    first: given?.uri ?? null,
  });
  const [wasPressed, setPressed] = useState(false);
  const next = useMutation({
    mutationFn: async (): Promise<Collection> =>
      known.find((each) => each.uri === place.existing) ??
      commands.saveCollection(connection.id, place.address),
    onSuccess: async (saved) => {
      await queryClient.invalidateQueries({ queryKey: clusterKey(connection.id, "backups", "collections") });
      onNext(saved, chosen);
    },
  });
  if (databases.error || collections.error) {
    return (
      <ErrorState
        error={asCallError(databases.error ?? collections.error)}
        alwaysRetry
        onRetry={() => {
          void databases.refetch();
          void collections.refetch();
        }}
      />
    );
  }
  if (!databases.data || !collections.data) {
    return (
      <Card>
        <Skeleton label="Looking at the databases" rows={5} />
      </Card>
    );
  }
  return (
    <form
      className={styles.step}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setPressed(true);
        if (place.problem === null && isComplete) next.mutate();
      }}
    >
      <StepTitle title="What, and where to?" />
      {connection.fields.readOnly && (
        <Callout tone="attention" title="This connection is read-only">
          No schedule can be made through it. To make one, change the connection.
        </Callout>
      )}
      <Card>
        <div className={styles.fields}>
          <TargetFields
            databases={choosable}
            targets={chosen}
            onChange={onTargetsChange}
            wasPressed={wasPressed}
            asOf="the time it is due"
          />
          <CollectionFields
            known={known}
            choice={place}
            placeholder={proposal}
            isWholeCluster={scope === "cluster"}
            wasPressed={wasPressed}
          />
        </div>
      </Card>
      {next.error && <ErrorState error={asCallError(next.error)} />}
      <StepFoot note="Nothing starts yet.">
        <Button
          variant="primary"
          type="submit"
          isDisabled={connection.fields.readOnly}
          isPending={next.isPending}
        >
          Choose how often
        </Button>
      </StepFoot>
    </form>
  );
}
