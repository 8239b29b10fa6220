import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { CollectionFields, collectionFor, useCollectionChoice } from "../../components/CollectionFields";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TargetFields } from "../../components/TargetFields";
import { useKeepCollection, useTargetsAndCollections } from "../../ipc/backups";
import type { Collection } from "../../ipc/bindings";
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
  const { databases: choosable, collections: known, ...found } = useTargetsAndCollections();
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
  const given = known.find((each) => each.uri === search.collection);
  const proposal = collectionFor(scope === "cluster" ? "cluster" : (chosen.database ?? ""), "schedule");
  // Each schedule has a collection of its own unless somebody wants otherwise: chains of two would mix.
  const place = useCollectionChoice({
    known,
    proposal: isProduction ? "" : proposal,
    prefersKnown: given !== undefined,
    first: given?.uri ?? null,
  });
  const [wasPressed, setPressed] = useState(false);
  const next = useKeepCollection((kept) => onNext(kept, chosen));
  if (found.error) return <ErrorState error={found.error} alwaysRetry onRetry={found.onRetry} />;
  if (!found.isKnown) {
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
        if (place.problem === null && isComplete)
          next.mutate({
            existing: known.find((each) => each.uri === place.existing),
            address: place.address,
          });
      }}
    >
      <StepTitle title="What, and where to?" />
      {connection.fields.readOnly && (
        <ReadOnlyNotice connectionId={connection.id}>No schedule can be made through it.</ReadOnlyNotice>
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
