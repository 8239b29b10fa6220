import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  useNavigate,
} from "@tanstack/react-router";
import { ErrorState, Skeleton } from "../components/States";
import { FirstRunPage } from "../features/first-run/FirstRunPage";
import { useConnections } from "../ipc/connections";
import { asCallError } from "../ipc/errors";
import { ClusterPage } from "./ClusterPage";
import { Frame } from "./Frame";
import { Page } from "./Page";

const root = createRootRoute({ component: Frame });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: function Home() {
    const navigate = useNavigate();
    const { data: list, error } = useConnections();
    return (
      <Page>
        {error ? (
          <ErrorState error={asCallError(error)} />
        ) : list === undefined ? (
          <Skeleton label="Loading the connections" />
        ) : (
          <FirstRunPage
            onParsed={() => navigate({ to: "/connections/new" })}
            onPractice={({ id }) => navigate({ to: "/clusters/$connectionId", params: { connectionId: id } })}
          />
        )}
      </Page>
    );
  },
});

const newConnection = createRoute({
  getParentRoute: () => root,
  path: "/connections/new",
  component: () => <Page>new</Page>,
});

const connection = createRoute({
  getParentRoute: () => root,
  path: "/connections/$connectionId",
  validateSearch: (search: Record<string, unknown>): { check?: boolean } => ({
    check: search.check === true || undefined,
  }),
  component: () => <Page>edit</Page>,
});

const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  component: () => <Page>activity</Page>,
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: () => <Page>settings</Page>,
});

const cluster = createRoute({
  getParentRoute: () => root,
  path: "/clusters/$connectionId",
  component: ClusterPage,
});

const overview = createRoute({ getParentRoute: () => cluster, path: "/", component: () => <p>overview</p> });

const routeTree = root.addChildren([
  home,
  newConnection,
  connection,
  activity,
  settings,
  cluster.addChildren([overview]),
]);

export function makeRouter() {
  return createRouter({ routeTree, history: createHashHistory(), defaultPreload: false });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
