// GraphiQL for Chronogram: the token is typed in, kept for this tab's session only, and sent as Bearer; to the socket of
// subscriptions in its first message, for browsers give a handshake no headers.
import { GraphiQL } from 'graphiql';
import 'graphiql/graphiql.css';
import './page.css';
import { getOperationAST } from 'graphql';
import { createClient } from 'graphql-ws';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';

const TOKEN = 'chronogram.token';

const EXAMPLE = `# Channels and their newest posts. Type your token above; Ctrl-Enter runs the query,
# Ctrl-Space completes it, the book on the left holds the documentation.
query Channels {
  channels(first: 10) {
    totalCount
    nodes {
      id
      title
      posts(first: 3) {
        nodes {
          id
          text
        }
      }
    }
  }
}
`;

const isSubscription = ({ operationName }, document) =>
  document !== undefined && getOperationAST(document, operationName)?.operation === 'subscription';

// A socket says why it closes by a code and a reason; GraphiQL shows messages of errors.
const told = (problem) =>
  problem instanceof CloseEvent
    ? new Error(`The socket was closed: ${problem.code} ${problem.reason}`)
    : problem;

// Results as GraphiQL takes them, until somebody presses stop.
const watched = (sockets, request) => ({
  subscribe: ({ next, error, complete }) => ({
    unsubscribe: sockets.subscribe(request, { next, complete, error: (problem) => error(told(problem)) }),
  }),
});

function Page() {
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN) ?? '');
  const [typed, setTyped] = useState(token);

  const sockets = useMemo(
    () =>
      createClient({
        url: new URL('graphql', location.href).href.replace(/^http/, 'ws'),
        connectionParams: { token },
        // What is watched ends where it breaks off: results that were missed must not look as if there were none.
        retryAttempts: 0,
      }),
    [token],
  );
  useEffect(() => () => void sockets.dispose(), [sockets]);

  const fetcher = useCallback(
    async (request, { documentAST } = {}) => {
      if (isSubscription(request, documentAST)) return watched(sockets, request);
      const headers = {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json, application/json;q=0.9',
      };
      if (token) headers.Authorization = `Bearer ${token}`;
      const response = await fetch('graphql', { method: 'POST', headers, body: JSON.stringify(request) });
      return response.json();
    },
    [token, sockets],
  );

  const use = (event) => {
    event.preventDefault();
    const next = typed.trim();
    sessionStorage.setItem(TOKEN, next);
    setToken(next);
  };

  return (
    <>
      <form className="token-bar" onSubmit={use}>
        <a href="./">Chronogram</a>
        <label>
          Token
          <input
            type="password"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            placeholder="chr_…"
            autoComplete="off"
            spellCheck="false"
          />
        </label>
        <button type="submit">Use</button>
        <span role="status">{token ? 'sent with every request of this tab' : 'none yet: chronogram tokens create'}</span>
      </form>
      {/* A new token asks for the schema anew. */}
      <div className="graphiql-place" key={token}>
        <GraphiQL fetcher={fetcher} defaultQuery={EXAMPLE} isHeadersEditorEnabled={false} />
      </div>
    </>
  );
}

createRoot(document.getElementById('graphiql')).render(<Page />);
