// kubetest: etcd, kube-apiserver and the few controllers that tests of nodes and evictions need, in one process, on
// loopback, with state that is thrown away. It prints one line of JSON when it is ready.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	v1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/scale"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/pkg/controller/disruption"
	"k8s.io/kubernetes/pkg/controller/namespace"
	"k8s.io/kubernetes/pkg/controller/nodelifecycle"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubetest:", err)
		os.Exit(1)
	}
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func newToken() string {
	b := make([]byte, 16)
	_, err := rand.Read(b)
	must(err)
	return hex.EncodeToString(b)
}

// The user reader may read everything and change nothing.
func allowReader(ctx context.Context, cs kubernetes.Interface) {
	_, err := cs.RbacV1().ClusterRoles().Create(ctx, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "reader"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"get", "list", "watch"}}},
	}, metav1.CreateOptions{})
	must(err)
	_, err = cs.RbacV1().ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "reader"},
		Subjects:   []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "reader"}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "reader"},
	}, metav1.CreateOptions{})
	must(err)
}

func main() {
	t0 := time.Now()
	dir := flag.String("dir", "", "state folder (made when absent; a fresh temp folder when empty)")
	port := flag.Int("port", 0, "secure port on 127.0.0.1 (0: any)")
	disruptions := flag.Bool("disruption", true, "run the disruption controller (without it no budget is ever processed)")
	nodeLife := flag.Bool("node-lifecycle", true, "run the node-lifecycle controller (taints, NotReady)")
	grace := flag.Duration("node-grace", 50*time.Second, "node monitor grace period")
	stdin := flag.Bool("exit-on-stdin-close", false, "end when stdin closes (the parent died)")
	flag.Parse() // what follows -- goes to kube-apiserver as it is

	// throw-away state: end at once; the API server's own graceful stop waits 60 s for open watches
	sig := make(chan os.Signal, 1)
	signal.Notify(sig, syscall.SIGTERM, syscall.SIGINT)
	go func() { <-sig; os.Exit(0) }()
	if *stdin {
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	}

	if *dir == "" {
		d, err := os.MkdirTemp("", "kubetest")
		must(err)
		*dir = d
	}
	must(os.MkdirAll(*dir, 0o700))
	if *port == 0 {
		*port = freePort()
	}
	token, readerToken := newToken(), newToken()

	// 1. etcd, in this process, on loopback
	ec := embed.NewConfig()
	ec.Dir = filepath.Join(*dir, "etcd")
	ec.Name = "kubetest"
	cu, _ := url.Parse("http://127.0.0.1:" + strconv.Itoa(freePort()))
	pu, _ := url.Parse("http://127.0.0.1:" + strconv.Itoa(freePort()))
	ec.ListenClientUrls, ec.AdvertiseClientUrls = []url.URL{*cu}, []url.URL{*cu}
	ec.ListenPeerUrls, ec.AdvertisePeerUrls = []url.URL{*pu}, []url.URL{*pu}
	ec.InitialCluster = ec.InitialClusterFromName(ec.Name)
	ec.LogLevel, ec.LogOutputs = "error", []string{"stderr"}
	ec.UnsafeNoFsync = true
	ec.QuotaBackendBytes = 2 << 30
	e, err := embed.StartEtcd(ec)
	must(err)
	<-e.Server.ReadyNotify()
	tEtcd := time.Since(t0)

	// 2. service-account key, token file
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	der, err := x509.MarshalECPrivateKey(key)
	must(err)
	sa := filepath.Join(*dir, "sa.key")
	must(os.WriteFile(sa, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), 0o600))
	tokens := filepath.Join(*dir, "tokens.csv")
	must(os.WriteFile(tokens, []byte(token+",admin,1,system:masters\n"+readerToken+",reader,2\n"), 0o600))

	// 3. kube-apiserver
	args := []string{
		"--etcd-servers=" + cu.String(),
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(*port),
		"--cert-dir=" + filepath.Join(*dir, "certs"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + sa, "--service-account-signing-key-file=" + sa,
		"--service-cluster-ip-range=10.0.0.0/24",
		"--token-auth-file=" + tokens,
		"--authorization-mode=RBAC,Node",
		"--disable-admission-plugins=ServiceAccount",
		"--endpoint-reconciler-type=none",
		"--profiling=false",
	}
	args = append(args, flag.Args()...)
	cmd := app.NewAPIServerCommand()
	cmd.SetArgs(args)
	go func() { must(cmd.Execute()); os.Exit(0) }()

	// 4. wait for /readyz
	base := "https://127.0.0.1:" + strconv.Itoa(*port)
	hc := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	ctx := context.Background()
	must(wait.PollUntilContextTimeout(ctx, 25*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		req, _ := http.NewRequestWithContext(ctx, "GET", base+"/readyz", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		r, err := hc.Do(req)
		if err != nil {
			return false, nil
		}
		r.Body.Close()
		return r.StatusCode == 200, nil
	}))
	tReady := time.Since(t0)

	// 5. kubeconfig (the self-signed certificate is its own CA)
	ca := filepath.Join(*dir, "certs", "apiserver.crt")
	caPem, err := os.ReadFile(ca)
	must(err)
	kc := filepath.Join(*dir, "kubeconfig")
	must(os.WriteFile(kc, []byte(fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: kubetest, cluster: {server: "%s", certificate-authority-data: "%s"}}]
users: [{name: admin, user: {token: "%s"}}, {name: reader, user: {token: "%s"}}]
contexts: [{name: admin, context: {cluster: kubetest, user: admin}}, {name: reader, context: {cluster: kubetest, user: reader}}]
current-context: admin
`, base, base64.StdEncoding.EncodeToString(caPem), token, readerToken)), 0o600))

	// 6. the controllers
	cfg := &rest.Config{Host: base, BearerToken: token, QPS: 200, Burst: 400,
		TLSClientConfig: rest.TLSClientConfig{CAFile: ca}}
	cs, err := kubernetes.NewForConfig(cfg)
	must(err)
	inf := informers.NewSharedInformerFactory(cs, 0)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(cs.Discovery()))
	sc, err := scale.NewForConfig(cfg, mapper, dynamic.LegacyAPIPathResolverFunc, scale.NewDiscoveryScaleKindResolver(cs.Discovery()))
	must(err)
	cctx := klog.NewContext(ctx, klog.Background())
	dc := disruption.NewDisruptionController(cctx, inf.Core().V1().Pods(), inf.Policy().V1().PodDisruptionBudgets(),
		inf.Core().V1().ReplicationControllers(), inf.Apps().V1().ReplicaSets(), inf.Apps().V1().Deployments(),
		inf.Apps().V1().StatefulSets(), cs, mapper, sc, cs.Discovery())
	if *disruptions {
		go dc.Run(cctx, 5)
	}
	allowReader(ctx, cs)
	if *nodeLife {
		nl, err := nodelifecycle.NewNodeLifecycleController(cctx, inf.Coordination().V1().Leases(), inf.Core().V1().Pods(),
			inf.Core().V1().Nodes(), inf.Apps().V1().DaemonSets(), cs, 5*time.Second, 60*time.Second, *grace, 0.1, 0.01, 50, 0.55)
		must(err)
		go nl.Run(cctx)
	}
	md, err := metadata.NewForConfig(cfg)
	must(err)
	ns := namespace.NewNamespaceController(cctx, cs, md, cs.Discovery().ServerPreferredNamespacedResources,
		inf.Core().V1().Namespaces(), 5*time.Minute, v1.FinalizerKubernetes)
	go ns.Run(cctx, 2)
	inf.Start(ctx.Done())
	inf.WaitForCacheSync(ctx.Done())
	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"url": base, "kubeconfig": kc, "token": token, "readerToken": readerToken,
		"etcdMs": tEtcd.Milliseconds(), "readyMs": tReady.Milliseconds(), "controllersMs": time.Since(t0).Milliseconds(),
	}))
	select {}
}
