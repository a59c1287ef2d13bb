"""Real proxies, fronts and brokers between the client and a server: run.py PART FOLDER CLIENT...

    PART    tinyproxy, stunnel, microsocks, dante, nginx, apache, unix or mosquitto
    FOLDER  with cert.pem and key.pem
    CLIENT  hostws_proxies_client, perhaps behind an emulator

Everything listens on the loopback alone, and what is started here is ended here. Exit status 77: not installed.
"""

import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from websockets.sync.server import serve, unix_serve

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import servers  # noqa: E402

PART, FOLDER, CLIENT = sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3:]
CERTIFICATE, KEY = FOLDER / "cert.pem", FOLDER / "key.pem"


def need(*programs):
    """Where a program is; the end of this test if it is nowhere."""
    if found := servers.find(*programs):
        return found
    print("skipped:", " and ".join(programs), "not installed")
    sys.exit(77)


def echo(connection):
    for message in connection:
        connection.send(message)


def context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


def server(secure=False):
    """Python's websockets, on a thread that ends with this script. Its port."""
    made = serve(echo, "127.0.0.1", 0, ssl=context() if secure else None)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    return made.socket.getsockname()[1]


def client(url, data="through", kind="text", **options):
    """What the client tells, as lines."""
    options = {"tls_ca": f"@{CERTIFICATE}", "open_timeout_ms": 20000, "close_timeout_ms": 20000, **options}
    ran = subprocess.run([*CLIENT, url, json.dumps(options), kind, data], capture_output=True, text=True, timeout=60)
    told = ran.stdout
    assert ran.returncode == 0, f"{url}: {told}{ran.stderr}"
    assert "hunter2" not in told, told
    return told.splitlines()


def check_echo(url, **options):
    told = client(url, **options)
    assert told == ["open ", "message through", "end 1000"], f"{url} {options}: {told}"


def check_fails(url, *words, **options):
    told = client(url, **options)
    assert told[0].startswith("error -26 ws ") and told[-1] == "end 1006", told
    for wanted in words:
        assert any(wanted in line for line in told), f"no {wanted!r} in {told}"


def both(hosts=("127.0.0.1", "localhost")):
    """A URL for each scheme and host."""
    ports = {"ws": server(), "wss": server(secure=True)}
    return [f"{scheme}://{host}:{port}/" for scheme, port in ports.items() for host in hosts]


def tinyproxy(scratch, *lines):
    program = need("tinyproxy")

    def command(port):
        config = scratch / f"tinyproxy-{port}.conf"
        config.write_text("\n".join([f"Port {port}", "Listen 127.0.0.1", "Timeout 60", "MaxClients 20", *lines, ""]))
        return program, "-d", "-c", config

    return servers.start(command, servers.http)[0]


def part_tinyproxy(scratch):
    urls = both()
    plain = tinyproxy(scratch)
    guarded = tinyproxy(scratch, "BasicAuth me hunter2")
    strict = tinyproxy(scratch, "ConnectPort 1")
    for url in urls:
        check_echo(url, proxy=f"http://127.0.0.1:{plain}")
        check_echo(url, proxy=f"http://me:hunter2@localhost:{guarded}")
    check_fails(urls[0], "error 407 proxy", "no user and password and wants Basic", "status 407",
                proxy=f"http://127.0.0.1:{guarded}")
    check_fails(urls[0], "refused to connect to", "status 40", proxy=f"http://you:hunter2@127.0.0.1:{guarded}")
    check_fails(urls[0], "error 403 proxy", "status 403", proxy=f"http://127.0.0.1:{strict}")
    check_fails(f"ws://127.0.0.1:{servers.closed_port()}/", "proxy the proxy http://127.0.0.1", "status 5",
                proxy=f"http://127.0.0.1:{plain}")


def part_stunnel(scratch):
    stunnel = need("stunnel4", "stunnel")
    inner = tinyproxy(scratch, "BasicAuth me hunter2")
    config = scratch / "stunnel.conf"

    def command(port):
        config.write_text(f"foreground = yes\npid =\n[proxy]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{inner}\n"
                          f"cert = {CERTIFICATE}\nkey = {KEY}\n")
        return stunnel, config

    port, = servers.start(command, servers.tls)
    urls = both()
    for url in urls:
        check_echo(url, proxy=f"https://me:hunter2@localhost:{port}")
    check_fails(urls[0], "error 407 proxy", proxy=f"https://localhost:{port}")
    # Without the authority, nobody vouches for it.
    check_fails(urls[0], "the proxy's certificate is self-signed", proxy=f"https://me:hunter2@localhost:{port}",
                tls_ca="", tls_verify=-1)


def part_microsocks(scratch):
    program, urls = need("microsocks"), both()
    open_port, = servers.start(lambda port: (program, "-i", "127.0.0.1", "-p", port), servers.socks)
    guarded, = servers.start(lambda port: (program, "-i", "127.0.0.1", "-p", port, "-u", "me", "-P", "hunter2"),
                             servers.socks)
    for scheme in "socks5", "socks5h":
        for url in urls:
            check_echo(url, proxy=f"{scheme}://127.0.0.1:{open_port}")
            check_echo(url, proxy=f"{scheme}://me:hunter2@127.0.0.1:{guarded}")
        check_fails(urls[0], "proxy the proxy socks5", proxy=f"{scheme}://127.0.0.1:{guarded}")
        check_fails(urls[0], "does not accept the user", proxy=f"{scheme}://you:hunter2@127.0.0.1:{guarded}")
        check_fails(f"ws://127.0.0.1:{servers.closed_port()}/", "error 5 proxy", proxy=f"{scheme}://127.0.0.1:{open_port}")


def part_dante(scratch):
    program = need("danted", "sockd")
    config = scratch / "danted.conf"

    def command(port):
        config.write_text(f"""logoutput: stderr
internal: 127.0.0.1 port = {port}
external: lo
clientmethod: none
socksmethod: none
user.privileged: {os.environ.get("USER", "root")}
user.unprivileged: {os.environ.get("USER", "root")}
client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
socks block {{ from: 127.0.0.0/8 to: 0.0.0.0/0 port = 1 }}
socks pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}
""")
        return program, "-f", config, "-p", scratch / "danted.pid"

    port, = servers.start(command, servers.socks)
    for url in both(hosts=["127.0.0.1"]):
        check_echo(url, proxy=f"socks5://127.0.0.1:{port}")
        check_echo(url, proxy=f"socks5h://127.0.0.1:{port}")
    check_fails("ws://127.0.0.1:1/", "not allowed by its rules", proxy=f"socks5://127.0.0.1:{port}")


def part_nginx(scratch):
    program = need("nginx")
    path = scratch / "nginx.sock"
    upstream = server()
    config = scratch / "nginx.conf"

    def command(port, secure):
        path.unlink(missing_ok=True)
        config.write_text(f"""daemon off;
pid {scratch}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {scratch}/body;
  proxy_temp_path {scratch}/proxy;
  fastcgi_temp_path {scratch}/fastcgi;
  uwsgi_temp_path {scratch}/uwsgi;
  scgi_temp_path {scratch}/scgi;
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{secure} ssl;
    listen unix:{path};
    ssl_certificate {CERTIFICATE};
    ssl_certificate_key {KEY};
    location /chat {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }}
    location /nothing {{ return 404; }}
    location /moved {{ return 301 /chat; }}
    location /secure {{ return 308 https://localhost:{secure}/chat; }}
    location /plain {{ return 302 http://localhost:{port}/chat; }}
    location /round {{ return 307 /round; }}
  }}
}}
""")
        return program, "-e", "stderr", "-p", scratch, "-c", config

    port, secure = servers.start(command, servers.http, servers.tls)
    for url in f"ws://127.0.0.1:{port}", f"wss://localhost:{secure}", f"ws+unix://{path}:":
        check_echo(url + "/chat")
        check_fails(url + "/moved", "error 301 http", "redirects are not followed", "status 301")
        check_fails(url + "/nothing", "error 404 http", "status 404")
        check_fails(url + "/round", "in a circle", max_redirects=9)
        check_echo(url + "/secure", max_redirects=1)
    check_echo(f"ws://127.0.0.1:{port}/moved", max_redirects=1)
    check_fails(f"wss://localhost:{secure}/plain", "from wss to ws is not followed", max_redirects=9)


def part_apache(scratch):
    """Digest, to a server and to a proxy."""
    program = need("apache2", "httpd")
    folders = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules", "/usr/lib/apache2"]
    modules = next((Path(folder) for folder in folders if Path(folder, "mod_auth_digest.so").exists()), None)
    if modules is None:
        print("skipped: mod_auth_digest is not installed")
        sys.exit(77)
    names = ["mpm_event", "unixd", "authn_core", "authn_file", "authz_core", "authz_user", "auth_digest", "ssl",
             "socache_shmcb", "proxy", "proxy_http", "proxy_connect", "proxy_wstunnel"]
    load = [f"LoadModule {name}_module {modules}/mod_{name}.so"
            for name in names if (modules / f"mod_{name}.so").exists()]
    passwords = scratch / "passwords"
    passwords.write_text("me:here:" + hashlib.md5(b"me:here:hunter2").hexdigest() + "\n")
    scratch.chmod(0o755)  # the server gives up root
    upstream = server()
    digest = f"""AuthType Digest
  AuthName here
  AuthUserFile {passwords}
  Require valid-user"""
    config = scratch / "apache.conf"

    def command(port, secure, proxy):
        config.write_text("\n".join(load) + f"""
ServerRoot {scratch}
DefaultRuntimeDir {scratch}
PidFile {scratch}/apache.pid
ErrorLog {scratch}/error.log
ServerName localhost
{"User nobody" if os.geteuid() == 0 else ""}
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{secure}
Listen 127.0.0.1:{proxy}
<VirtualHost 127.0.0.1:{port}>
  ProxyPass /chat ws://127.0.0.1:{upstream}/
  <Location /chat>
  {digest}
  </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:{secure}>
  SSLEngine on
  SSLCertificateFile {CERTIFICATE}
  SSLCertificateKeyFile {KEY}
  ProxyPass /chat ws://127.0.0.1:{upstream}/
  <Location /chat>
  {digest}
  </Location>
</VirtualHost>
<VirtualHost 127.0.0.1:{proxy}>
  ProxyRequests On
  AllowCONNECT 1-65535
  <Proxy *>
  {digest}
  </Proxy>
</VirtualHost>
""")
        return program, "-X", "-f", config

    port, secure, proxy = servers.start(command, servers.http, servers.tls, servers.http)
    for url in f"ws://USER127.0.0.1:{port}/chat?a=b", f"wss://USERlocalhost:{secure}/chat?a=b":
        check_echo(url.replace("USER", "me:hunter2@"))
        check_fails(url.replace("USER", ""), "error 401 http", "status 401")
        check_fails(url.replace("USER", "me:hunter3@"), "error 401 http", "status 401")
    for url in both():
        check_echo(url, proxy=f"http://me:hunter2@127.0.0.1:{proxy}")
        check_fails(url, "error 407 proxy", "does not accept", proxy=f"http://me:hunter3@127.0.0.1:{proxy}")


def part_unix(scratch):
    for secure in False, True:
        path = scratch / f"{'wss' if secure else 'ws'} server.sock"
        made = unix_serve(echo, str(path), ssl=context() if secure else None)
        threading.Thread(target=made.serve_forever, daemon=True).start()
        escaped = str(path).replace(" ", "%20")
        check_echo(f"{'wss' if secure else 'ws'}+unix://{escaped}:/chat?x=1", proxy="http://127.0.0.1:1")


def part_mosquitto(scratch):
    port = servers.mosquitto(need("mosquitto"), scratch)
    # MQTT 3.1.1: CONNECT as "hostws", and CONNACK.
    told = client(f"ws://127.0.0.1:{port}/mqtt", "101200044d5154540402003c0006686f73747773", "hex", subprotocols="mqtt")
    assert told[:2] == ["open mqtt", "message 20020000"], told


part = globals()[f"part_{PART}"]
if not CERTIFICATE.exists():
    print("skipped: there is no certificate (openssl)")
    sys.exit(77)
# What the environment says must not matter here.
for name in list(os.environ):
    if name.lower().endswith("_proxy"):
        del os.environ[name]
try:
    with tempfile.TemporaryDirectory(prefix="hostws-") as folder:
        part(Path(folder))
finally:
    servers.end()
print("ok")
sys.stdout.flush()
# The servers' threads may still wait for a connection to close.
os._exit(0)
