import { useState } from "react";
import { Callout } from "./Callout";
import { RadioGroup } from "./Choice";
import { Select } from "./Select";
import { TextField } from "./TextField";

/** Where each kind of storage lies, in words. */
export const storages = {
  userfile: "in the cluster's file storage",
  s3: "Amazon S3",
  googleCloud: "Google Cloud Storage",
  azure: "Azure Blob Storage",
  nodelocal: "on the disk of a node",
  external: "external connection",
} as const;

/** The part of a collection that a choice shows. Collections of the wire have this shape. */
export interface ShownCollection {
  uri: string;
  name: string;
  storage: keyof typeof storages;
}

type Where = "new" | "known" | "uri";

/** Letters, digits and a few signs: what every file storage takes as it is. */
function folderProblem(name: string): string | null {
  if (name === "") return "Enter a name.";
  if (
    !/^[A-Za-z0-9][\w.\-/]*$/.test(name) ||
    name.endsWith("/") ||
    name.includes("..") ||
    name.includes("//")
  )
    return "Letters, digits, dots, dashes and underscores; slashes between folders.";
  return null;
}

/** A name for the collection of something, of which file storage takes every letter: `Ünï 数据` → `Uni-backup`. */
export function collectionFor(subject: string, suffix: string): string {
  const letters = subject
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^A-Za-z0-9_.]+/g, "-")
    .replace(/\.{2,}/g, ".")
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  return `${letters || "my"}-${suffix}`;
}

export interface CollectionChoice {
  where: Where;
  /** The URI of the collection that exists; null where it is to be a new one. */
  existing: string | null;
  /** The address of what does not exist yet. It may hold keys. */
  address: string;
  problem: string | null;
  setWhere: (where: Where) => void;
  folder: string;
  /** Somebody typed a name. */
  isNamed: boolean;
  setFolder: (name: string) => void;
  uri: string;
  setUri: (uri: string) => void;
  picked: string | null;
  setPicked: (uri: string) => void;
}

/** Where backups go: a collection that is known, a new one in the cluster, or an address. */
export function useCollectionChoice({
  known,
  proposal,
  prefersKnown,
  first,
}: {
  known: readonly ShownCollection[];
  /** Name of a new collection; empty where nothing is chosen beforehand. */
  proposal: string;
  prefersKnown: boolean;
  /** Chosen among the known ones until somebody chooses. */
  first: string | null;
}): CollectionChoice {
  const [place, setWhere] = useState<Where | null>(null);
  const [name, setFolder] = useState<string | null>(null);
  const [uri, setUri] = useState("");
  const [chosen, setPicked] = useState<string | null>(null);
  const where = place ?? (prefersKnown ? "known" : "new");
  const folder = name ?? proposal;
  const picked = chosen ?? first;
  const isKnown = known.some((each) => each.uri === picked);
  return {
    where,
    existing: where === "known" && isKnown ? picked : null,
    address: where === "uri" ? uri.trim() : `userfile:///${folder}`,
    problem:
      where === "new"
        ? folderProblem(folder)
        : where === "uri" && uri.trim() === ""
          ? "Enter an address."
          : where === "known" && !isKnown
            ? "Choose a collection."
            : null,
    setWhere,
    folder,
    isNamed: name !== null,
    setFolder,
    uri,
    setUri,
    picked,
    setPicked,
  };
}

export interface CollectionFieldsProps {
  known: readonly ShownCollection[];
  choice: CollectionChoice;
  placeholder: string;
  /** A backup of the whole cluster cannot be used for what it is for when it lies in the cluster. */
  isWholeCluster: boolean;
  /** Tells what is missing only after somebody tried to go on. */
  wasPressed: boolean;
}

export function CollectionFields({
  known,
  choice,
  placeholder,
  isWholeCluster,
  wasPressed,
}: CollectionFieldsProps) {
  const { where, folder, problem } = choice;
  const liesInFiles =
    where === "new" ||
    (where === "known" && known.find((each) => each.uri === choice.picked)?.storage === "userfile");
  return (
    <>
      <RadioGroup
        label="Where it goes"
        value={where}
        onChange={choice.setWhere}
        options={[
          ...(known.length > 0
            ? [
                {
                  value: "known" as const,
                  label: "A collection that exists",
                  description: "Next to earlier backups.",
                },
              ]
            : []),
          {
            value: "new",
            label: "A new collection in this cluster",
            description:
              "In its file storage (userfile): nothing else is needed. Lost if the whole cluster is lost.",
          },
          {
            value: "uri",
            label: "Another place",
            description: "A bucket, an external connection or the disk of a node.",
          },
        ]}
      />
      {where === "known" && (
        <Select
          label="Collection"
          options={known.map((each) => ({
            value: each.uri,
            label: each.name,
            description: storages[each.storage],
          }))}
          value={choice.picked}
          onChange={choice.setPicked}
          error={wasPressed ? problem : null}
        />
      )}
      {where === "new" && (
        <TextField
          label="Collection"
          value={folder}
          onChange={choice.setFolder}
          placeholder={placeholder}
          error={wasPressed || choice.isNamed ? problem : null}
          description={
            folder === ""
              ? "A folder of its own in the cluster's file storage, for all backups of this kind. Type it yourself: on production nothing is filled in."
              : `A folder for all backups of this kind. It will be at userfile:///${folder}`
          }
          mono
        />
      )}
      {where === "uri" && (
        <TextField
          label="Address"
          value={choice.uri}
          onChange={choice.setUri}
          placeholder="external://my-bucket or s3://bucket/path?AUTH=implicit"
          error={wasPressed ? problem : null}
          description="Keys in it stay in memory until Roachvault quits. They are shown nowhere."
          mono
        />
      )}
      {isWholeCluster && liesInFiles && (
        <Callout tone="attention" title="The whole cluster cannot be restored from there">
          A restore of a whole cluster starts on a new, empty one, and this file storage is part of the old
          one. Single databases can be restored from it. To be safe against the loss of the cluster, choose
          another place.
        </Callout>
      )}
    </>
  );
}
