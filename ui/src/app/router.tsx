import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  type RouterHistory,
  useLocation,
  useNavigate,
  useRouter,
} from "@tanstack/react-router";
import { ActivityPage } from "../features/activity/ActivityPage";
import { BackUpPage, type BackUpSearch } from "../features/backups/BackUpPage";
import { BackupsPage } from "../features/backups/BackupsPage";
import { ConnectionFormPage } from "../features/connections/ConnectionFormPage";
import { ConnectionsPage } from "../features/connections/ConnectionsPage";
import { ImportButton } from "../features/connections/ImportDialog";
import { PasteBox } from "../features/connections/PasteBox";
import { FilesPage, type FilesSearch } from "../features/files/FilesPage";
import { FirstRunPage } from "../features/first-run/FirstRunPage";
import { OverviewPage } from "../features/overview/OverviewPage";
import { RestorePage } from "../features/restore/RestorePage";
import { readRestoreSearch } from "../features/restore/search";
import { ChangeSchedulePage } from "../features/schedules/ChangeSchedulePage";
import { readScheduleSearch, type ScheduleSearch } from "../features/schedules/draft";
import { NewSchedulePage } from "../features/schedules/NewSchedulePage";
import { SchedulesPage } from "../features/schedules/SchedulesPage";
import { SettingsPage } from "../features/settings/SettingsPage";
import type { ParsedConnection } from "../ipc/bindings";
import { ClusterPage } from "./ClusterPage";
import { BrokenPage, DeletedConnection, WithConnections } from "./Fallback";
import { Frame } from "./Frame";
import { Page } from "./Page";

const root = createRootRoute({ component: Frame });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: function Home() {
    const navigate = useNavigate();
    return (
      <WithConnections>
        {(list) => (
          <Page>
            {list.connections.length > 0 ? (
              <ConnectionsPage list={list} />
            ) : (
              <FirstRunPage
                importButton={<ImportButton />}
                pasteBox={
                  <PasteBox
                    isFirst
                    isPrimary
                    submitLabel="Check and connect"
                    onParsed={(parsed) =>
                      void navigate({ to: "/connections/new", state: { parsed, isTested: true } })
                    }
                    onByHand={(found) => void navigate({ to: "/connections/new", state: found })}
                  />
                }
                onPractice={({ id }) =>
                  navigate({ to: "/clusters/$connectionId", params: { connectionId: id } })
                }
              />
            )}
          </Page>
        )}
      </WithConnections>
    );
  },
});

const newConnection = createRoute({
  getParentRoute: () => root,
  path: "/connections/new",
  component: function NewConnection() {
    const { parsed, refusal, isTested } = useLocation().state;
    return (
      <Page>
        <ConnectionFormPage parsed={parsed} refusal={refusal} isTested={isTested} />
      </Page>
    );
  },
});

const connection = createRoute({
  getParentRoute: () => root,
  path: "/connections/$connectionId",
  validateSearch: (search: Record<string, unknown>): { check?: boolean } => ({
    check: search.check === true || undefined,
  }),
  component: function EditConnection() {
    const { connectionId } = connection.useParams();
    const { check } = connection.useSearch();
    return (
      <WithConnections>
        {(list) => {
          const found = list.connections.find(({ id }) => id === connectionId);
          if (!found) return <DeletedConnection />;
          return (
            <Page>
              <ConnectionFormPage key={found.id} connection={found} isTested={check} />
            </Page>
          );
        }}
      </WithConnections>
    );
  },
});

const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  component: function Activity() {
    const navigate = useNavigate();
    return (
      <Page>
        <ActivityPage
          onOpenJob={({ id, kind, follows, connectionId }) =>
            void navigate({
              to:
                kind === "backup" ? "/clusters/$connectionId/backups/new" : "/clusters/$connectionId/restore",
              params: { connectionId },
              search:
                kind === "bringBack"
                  ? { job: follows ?? undefined, step: "missing", back: id }
                  : { job: follows ?? id },
            })
          }
          onUndelete={({ id, connectionId }) =>
            void navigate({
              to: "/clusters/$connectionId/files",
              params: { connectionId },
              search: { undelete: id },
            })
          }
        />
      </Page>
    );
  },
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: () => (
    <Page>
      <SettingsPage />
    </Page>
  ),
});

const cluster = createRoute({
  getParentRoute: () => root,
  path: "/clusters/$connectionId",
  component: ClusterPage,
});

const overview = createRoute({
  getParentRoute: () => cluster,
  path: "/",
  component: function Overview() {
    const navigate = useNavigate();
    const params = overview.useParams();
    return (
      <OverviewPage
        onRestore={(database) =>
          void navigate({ to: "/clusters/$connectionId/restore", params, search: { database } })
        }
        onBackUp={(database) =>
          void navigate({ to: "/clusters/$connectionId/backups/new", params, search: { database } })
        }
        onFiles={() => void navigate({ to: "/clusters/$connectionId/files", params, search: {} })}
      />
    );
  },
});

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const fileSorts = ["name", "size", "uploaded", "username"] as const;

const files = createRoute({
  getParentRoute: () => cluster,
  path: "files",
  validateSearch: (search: Record<string, unknown>): FilesSearch => ({
    store: text(search.store),
    folder: text(search.folder),
    filter: text(search.filter),
    sort: fileSorts.find((sort) => sort === search.sort),
    descending: search.descending === true || undefined,
    copy: text(search.copy),
    undelete: search.undelete === true || text(search.undelete),
  }),
  component: function Files() {
    const navigate = files.useNavigate();
    const { history } = useRouter();
    return (
      <FilesPage
        search={files.useSearch()}
        onSearchChange={(search, options) => void navigate({ search, replace: options?.replace })}
        onOpenCollection={({ store, path }) =>
          void navigate({
            to: "/clusters/$connectionId/backups",
            search: { collection: `userfile://${store}/${path}` },
          })
        }
        onCopyGivenUp={() =>
          history.canGoBack() ? history.back() : void navigate({ to: "/clusters/$connectionId/backups" })
        }
      />
    );
  },
});

const backups = createRoute({
  getParentRoute: () => cluster,
  path: "backups",
  validateSearch: (search: Record<string, unknown>): { collection?: string } => ({
    collection: text(search.collection),
  }),
  component: function Backups() {
    const navigate = backups.useNavigate();
    return (
      <BackupsPage
        {...backups.useSearch()}
        onBackUp={(collection) =>
          void navigate({ to: "/clusters/$connectionId/backups/new", search: { collection } })
        }
        onRestore={(from) =>
          void navigate({ to: "/clusters/$connectionId/restore", search: { ...from, step: "what" } })
        }
        onCopy={({ store, path }) =>
          void navigate({ to: "/clusters/$connectionId/files", search: { store, copy: path } })
        }
        onOpenJob={(job) => void navigate({ to: "/clusters/$connectionId/backups/new", search: { job } })}
      />
    );
  },
});

const backUp = createRoute({
  getParentRoute: () => cluster,
  path: "backups/new",
  validateSearch: (search: Record<string, unknown>): BackUpSearch => ({
    database: search.database === "" ? "" : text(search.database),
    scope: search.scope === "tables" || search.scope === "cluster" ? search.scope : undefined,
    tables: text(search.tables),
    collection: text(search.collection),
    // Empty while the moment is still to be typed.
    asOf:
      search.asOf === "" || !Number.isNaN(Date.parse(String(search.asOf))) ? String(search.asOf) : undefined,
    step: search.step === "check" ? "check" : undefined,
    job: text(search.job),
  }),
  component: function BackUp() {
    const navigate = backUp.useNavigate();
    return (
      <BackUpPage
        search={backUp.useSearch()}
        onSearchChange={(search, options) => void navigate({ search, replace: options?.replace })}
        onDone={(collection) =>
          void navigate({ to: "/clusters/$connectionId/backups", search: { collection } })
        }
        onRestore={(from) =>
          void navigate({ to: "/clusters/$connectionId/restore", search: { ...from, step: "what" } })
        }
      />
    );
  },
});

const restore = createRoute({
  getParentRoute: () => cluster,
  path: "restore",
  validateSearch: readRestoreSearch,
  component: function Restore() {
    const navigate = restore.useNavigate();
    return (
      <RestorePage
        search={restore.useSearch()}
        onSearchChange={(search, options) => void navigate({ search, replace: options?.replace })}
        onDone={() => void navigate({ to: "/clusters/$connectionId", search: {} })}
        onLookBack={(database) =>
          void navigate({
            to: "/clusters/$connectionId/backups/new",
            search: { database, asOf: new Date(Date.now() - 60 * 60_000).toISOString() },
          })
        }
        onBackups={() => void navigate({ to: "/clusters/$connectionId/backups", search: {} })}
        onUndelete={() => void navigate({ to: "/clusters/$connectionId/files", search: { undelete: true } })}
      />
    );
  },
});

const schedules = createRoute({
  getParentRoute: () => cluster,
  path: "schedules",
  component: function Schedules() {
    const navigate = schedules.useNavigate();
    return (
      <SchedulesPage
        onNew={() => void navigate({ to: "/clusters/$connectionId/schedules/new", search: {} })}
        onChange={(schedule) =>
          void navigate({ to: "/clusters/$connectionId/schedules/change", search: { schedule } })
        }
        onBackups={(collection) =>
          void navigate({ to: "/clusters/$connectionId/backups", search: { collection } })
        }
      />
    );
  },
});

const newSchedule = createRoute({
  getParentRoute: () => cluster,
  path: "schedules/new",
  validateSearch: readScheduleSearch,
  component: function NewSchedule() {
    const navigate = newSchedule.useNavigate();
    return (
      <NewSchedulePage
        search={newSchedule.useSearch()}
        onSearchChange={(search, options) => void navigate({ search, replace: options?.replace })}
        onDone={() => void navigate({ to: "/clusters/$connectionId/schedules" })}
      />
    );
  },
});

const changeSchedule = createRoute({
  getParentRoute: () => cluster,
  path: "schedules/change",
  validateSearch: (search: Record<string, unknown>): ScheduleSearch & { schedule?: string } => ({
    ...readScheduleSearch(search),
    schedule: text(search.schedule),
  }),
  component: function ChangeSchedule() {
    const navigate = changeSchedule.useNavigate();
    const { schedule, ...search } = changeSchedule.useSearch();
    return (
      <ChangeSchedulePage
        id={schedule}
        search={search}
        onSearchChange={(next, options) =>
          void navigate({ search: { ...next, schedule }, replace: options?.replace })
        }
        onDone={() => void navigate({ to: "/clusters/$connectionId/schedules" })}
      />
    );
  },
});

const routeTree = root.addChildren([
  home,
  newConnection,
  connection,
  activity,
  settings,
  cluster.addChildren([overview, files, backups, backUp, restore, schedules, newSchedule, changeSchedule]),
]);

/** Places are kept behind the `#`: the files of the app are not served by anything that knows its routes. */
export function makeRouter(history: RouterHistory = createHashHistory()) {
  return createRouter({ routeTree, history, defaultPreload: false, defaultErrorComponent: BrokenPage });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
  interface HistoryState {
    /** A pasted connection on its way from the first screen to the form. It holds handles, no secrets. */
    parsed?: ParsedConnection;
    /** Why the pasted text is of no use to the form. */
    refusal?: string;
    /** It is to be checked, and opened when it works. */
    isTested?: boolean;
  }
}
