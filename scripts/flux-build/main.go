// Flux's own way from a folder of a repository to what it applies, without a cluster: kustomize-controller's decryptor, its
// generator and its build, with a client that has nothing but the Secret from a file.
//
//	flux-build ROOT PATH KUSTOMIZATION.yaml SECRET.yaml
//
// ROOT is written to. The exit code is 1 where Flux would fail, with its message on stderr.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	generator "github.com/fluxcd/pkg/kustomize"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/kustomize-controller/internal/decryptor"
)

// oneSecret is a cluster that holds one Secret under every name.
type oneSecret struct {
	client.Client
	secret corev1.Secret
}

func (c oneSecret) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	secret, ok := obj.(*corev1.Secret)
	if !ok || key.Name != c.secret.Name || key.Namespace != c.secret.Namespace {
		return fmt.Errorf("the cluster has no %T %s", obj, key)
	}
	c.secret.DeepCopyInto(secret)
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("usage: flux-build ROOT PATH KUSTOMIZATION.yaml SECRET.yaml")
	}
	root, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	folder := filepath.Join(root, args[1])
	var ks kustomizev1.Kustomization
	if err := read(args[2], &ks); err != nil {
		return err
	}
	var secret corev1.Secret
	if err := read(args[3], &secret); err != nil {
		return err
	}
	// The API server does this.
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	for key, value := range secret.StringData {
		secret.Data[key] = []byte(value)
	}
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&ks)
	if err != nil {
		return err
	}
	if _, err := generator.NewGenerator(root, unstructured.Unstructured{Object: object}).WriteFile(folder); err != nil {
		return err
	}
	dec, cleanup, err := decryptor.New(oneSecret{secret: secret}, &ks, decryptor.WithRoot(root))
	if err != nil {
		return err
	}
	defer cleanup()
	if err := dec.ImportKeys(context.Background()); err != nil {
		return err
	}
	if err := dec.DecryptSources(folder); err != nil {
		return fmt.Errorf("error decrypting sources: %w", err)
	}
	resources, err := generator.SecureBuild(root, folder, false)
	if err != nil {
		return fmt.Errorf("kustomize build failed: %w", err)
	}
	for _, res := range resources.Resources() {
		if res.GetName() == "" || res.GetKind() == "" || res.GetApiVersion() == "" {
			return fmt.Errorf("failed to decode Kubernetes apiVersion, kind and name")
		}
		changed, err := dec.DecryptResource(res)
		if err != nil {
			return fmt.Errorf("decryption failed for %s: %w", res.GetName(), err)
		}
		if changed != nil {
			if _, err := resources.Replace(res); err != nil {
				return err
			}
		}
	}
	out, err := resources.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(out)
	return err
}

func read(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return yaml.Unmarshal(text, into)
}
