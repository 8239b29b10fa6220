import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { MiddleEllipsis } from "../../components/MiddleEllipsis";
import { Moment } from "../../components/Moment";
import { Table } from "../../components/Table";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import type { BackupList } from "../../ipc/bindings";
import { count } from "../../lib/quantity";
import { holds, momentsOf } from "./moments";

export interface MoreMomentsProps {
  database: string;
  /** Of the other collections. */
  lists: readonly BackupList[];
  onShow: (collection: string) => void;
}

/** Moments of the database that are kept in other collections; nothing where there are none. */
export function MoreMoments({ database, lists, onShow }: MoreMomentsProps) {
  const found = lists.flatMap(({ collection, chains }) => {
    const moments = momentsOf(chains.filter((chain) => holds(chain, database)));
    const [newest] = moments;
    return newest ? [{ collection, newest, moments: moments.length }] : [];
  });
  if (found.length === 0) return null;
  return (
    <Card title={`More moments of ${database}`} flush>
      <Table
        label={`More moments of ${database}`}
        rows={found}
        rowKey={({ collection }) => collection.uri}
        columns={[
          {
            id: "collection",
            header: "Collection",
            isRowHeader: true,
            cell: ({ collection: { name } }) => <MiddleEllipsis text={name} isFocusable={name.length > 40} />,
          },
          { id: "moments", header: "Moments", align: "end", cell: ({ moments }) => count(moments) },
          {
            id: "newest",
            header: "Newest",
            cell: ({ newest }) => <Moment value={newest.time} withSeconds withRelative />,
          },
          {
            id: "show",
            header: <VisuallyHidden>Actions</VisuallyHidden>,
            align: "end",
            cell: ({ collection }) => (
              <Button
                size="small"
                aria-label={`Moments in ${collection.name}`}
                onPress={() => onShow(collection.uri)}
              >
                Show
              </Button>
            ),
          },
        ]}
      />
    </Card>
  );
}
