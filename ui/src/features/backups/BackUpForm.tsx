import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Checkbox } from "../../components/Choice";
import { CollectionFields, collectionFor, useCollectionChoice } from "../../components/CollectionFields";
import { Disclosure } from "../../components/Disclosure";
import { ReadOnlyNotice } from "../../components/ReadOnlyNotice";
import { ErrorState, Skeleton } from "../../components/States";
import { StepFoot, StepTitle } from "../../components/StepTitle";
import { TargetFields } from "../../components/TargetFields";
import { TextField } from "../../components/TextField";
import { backupListQuery, useKeepCollection, useTargetsAndCollections } from "../../ipc/backups";
import type { BackupKind, BackupList, Collection, Database } from "../../ipc/bindings";
import { useCurrentCluster } from "../../ipc/currentCluster";
import { asCallError } from "../../ipc/errors";
import { type ChosenTargets, targetsOf } from "../../lib/targets";
import { localMoment } from "../../lib/time";
import styles from "./BackUpPage.module.css";
import { EarlierMoment } from "./EarlierMoment";

export interface BackUpOptions {
  kind: BackupKind;
  revisionHistory: boolean;
  /** In memory only: it is part of no address. Empty for none. */
  passphrase: string;
}

export const defaultOptions: BackUpOptions = { kind: "full", revisionHistory: false, passphrase: "" };

/** The one database that every backup of a collection holds, if it still exists. */
function onlyDatabaseOf(list: BackupList | undefined, choosable: readonly Database[]): string | undefined {
  const [first, ...more] = new Set(list?.chains.flatMap(({ databases }) => databases));
  return more.length === 0 && choosable.some(({ name }) => name === first) ? first : undefined;
}

/** Nobody typed it: it goes with what is backed up. */
function isProposed(name: string): boolean {
  return /-(backup|earlier)$/.test(name);
}

export interface BackUpFormProps {
  targets: ChosenTargets;
  collection: string | undefined;
  options: BackUpOptions;
  /** The earlier moment, as `EarlierMoment` has it. */
  asOf: string | undefined;
  onTargetsChange: (targets: ChosenTargets) => void;
  onOptionsChange: (options: BackUpOptions) => void;
  onAsOfChange: (asOf: string | undefined) => void;
  onNext: (collection: Collection, targets: ChosenTargets) => void;
}

export function BackUpForm({
  targets,
  collection,
  options,
  asOf,
  onTargetsChange,
  onOptionsChange,
  onAsOfChange,
  onNext,
}: BackUpFormProps) {
  const { connection } = useCurrentCluster();
  const { databases: choosable, collections, ...found } = useTargetsAndCollections();
  // A name that was only checked with is no collection yet: back from the check it is a new one still.
  const known = collections.filter((each) => each.storage !== "userfile" || each.backups !== 0);
  const begun = collections.find((each) => each.uri === collection && !known.includes(each));
  // On production nothing is chosen beforehand, not even the only one.
  const isProduction = connection.fields.environment === "production";
  const only = choosable.length === 1 && !isProduction ? choosable[0]?.name : undefined;
  const given = known.find((each) => each.uri === collection);
  // Who adds to a collection means the database that it is for.
  const held = useQuery({
    ...backupListQuery(connection.id, given?.uri ?? ""),
    enabled: given !== undefined && targets.database === undefined,
  });
  const ofCollection = onlyDatabaseOf(held.data, choosable);
  const isPast = asOf !== undefined;
  // One that was dropped can be chosen in the past only.
  const isLeft =
    targets.database !== undefined && !isPast && !choosable.some(({ name }) => name === targets.database);
  const database = isLeft ? undefined : (targets.database ?? ofCollection ?? only);
  const chosen: ChosenTargets = { ...targets, database };
  const isComplete = targetsOf(chosen) !== null;
  // What holds an earlier moment stays apart: later backups would build on it.
  const proposal = collectionFor(
    targets.scope === "cluster" ? "cluster" : (database ?? ""),
    isPast ? "earlier" : "backup",
  );
  // The collection a database already has is where its next backup belongs; on production that is proposed only.
  const habit = isPast ? undefined : (given ?? known.find((each) => each.name === proposal));
  const place = useCollectionChoice({
    known,
    proposal: begun && !isProposed(begun.name) ? begun.name : isProduction ? "" : proposal,
    prefersKnown: isProduction && !isPast ? known.length > 0 : habit !== undefined,
    first: (isProduction && !isPast ? given : (habit ?? known[0]))?.uri ?? null,
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
      className={styles.running}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setPressed(true);
        if (place.problem === null && isComplete && asOf !== "")
          next.mutate({
            existing: collections.find((each) => each.uri === place.existing),
            address: place.address,
          });
      }}
    >
      <StepTitle title="What, and where to?">
        {isPast && "First a backup of that moment is taken. Then you restore from it what you need."}
      </StepTitle>
      {connection.fields.readOnly && (
        <ReadOnlyNotice connectionId={connection.id}>No backup can be taken through it.</ReadOnlyNotice>
      )}
      <Card>
        <div className={styles.fields}>
          <TargetFields
            databases={choosable}
            targets={chosen}
            onChange={onTargetsChange}
            wasPressed={wasPressed}
            asOf={asOf ? localMoment(new Date(asOf), true) : "ten seconds before it starts"}
            isPast={isPast}
          />
          <EarlierMoment asOf={asOf} onChange={onAsOfChange} />
          <CollectionFields
            known={known}
            choice={place}
            placeholder={proposal}
            isWholeCluster={targets.scope === "cluster"}
            wasPressed={wasPressed}
          />
          <Disclosure title="More choices">
            <div className={styles.fields}>
              {place.where !== "new" && asOf === undefined && (
                <Checkbox
                  isSelected={options.kind === "incremental"}
                  onChange={(isOn) => onOptionsChange({ ...options, kind: isOn ? "incremental" : "full" })}
                  description="Builds on the newest full backup there: quicker and smaller, but needs it to be restored."
                >
                  Only what changed since the newest backup
                </Checkbox>
              )}
              <Checkbox
                isSelected={options.revisionHistory}
                onChange={(isOn) => onOptionsChange({ ...options, revisionHistory: isOn })}
                description="Lets you restore to any second that the backup covers. Takes more room."
              >
                Keep every version since the backup before
              </Checkbox>
              <TextField
                label="Passphrase"
                type="password"
                optional
                value={options.passphrase}
                onChange={(passphrase) => onOptionsChange({ ...options, passphrase })}
                description="Encrypts the backup. Without it nobody can restore it, not even Cockroach Labs."
              />
            </div>
          </Disclosure>
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
          Check it
        </Button>
      </StepFoot>
    </form>
  );
}
