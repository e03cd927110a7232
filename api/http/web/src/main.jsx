// GraphiQL for Chronogram: the token is typed in, kept for this tab's session only, and sent as Bearer.
import { GraphiQL } from 'graphiql';
import 'graphiql/graphiql.css';
import './page.css';
import { useCallback, useState } from 'react';
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

function Page() {
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN) ?? '');
  const [typed, setTyped] = useState(token);

  const fetcher = useCallback(
    async (request) => {
      const headers = {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json, application/json;q=0.9',
      };
      if (token) headers.Authorization = `Bearer ${token}`;
      const response = await fetch('graphql', { method: 'POST', headers, body: JSON.stringify(request) });
      return response.json();
    },
    [token],
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
