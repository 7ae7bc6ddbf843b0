// Jaeger in one process, as its own cmd/all-in-one puts it together, of the parts that the tests use: its collector,
// its storage in memory and its query service. The agent and the other storages are left out, which are more than half
// of what would have to be compiled. It takes the options of the real one: --collector.…, --query.….
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	collector "github.com/jaegertracing/jaeger/cmd/collector/app"
	collectorflags "github.com/jaegertracing/jaeger/cmd/collector/app/flags"
	query "github.com/jaegertracing/jaeger/cmd/query/app"
	"github.com/jaegertracing/jaeger/cmd/query/app/querysvc"
	"github.com/jaegertracing/jaeger/pkg/config"
	"github.com/jaegertracing/jaeger/pkg/healthcheck"
	"github.com/jaegertracing/jaeger/pkg/metrics"
	"github.com/jaegertracing/jaeger/pkg/telemetery"
	"github.com/jaegertracing/jaeger/pkg/tenancy"
	"github.com/jaegertracing/jaeger/pkg/version"
	"github.com/jaegertracing/jaeger/plugin/metrics/disabled"
	"github.com/jaegertracing/jaeger/plugin/sampling/strategyprovider/static"
	"github.com/jaegertracing/jaeger/plugin/storage/memory"
)

func run(v *viper.Viper) error {
	logger, err := zap.NewProduction()
	if err != nil {
		return err
	}
	collectorOptions, err := new(collectorflags.CollectorOptions).InitFromViper(v, logger)
	if err != nil {
		return err
	}
	queryOptions, err := new(query.QueryOptions).InitFromViper(v, logger)
	if err != nil {
		return err
	}
	store := memory.NewStore()
	sampling, err := static.NewProvider(static.Options{}, logger)
	if err != nil {
		return err
	}
	metricsReader, err := disabled.NewMetricsReader()
	if err != nil {
		return err
	}
	health := healthcheck.New()
	tenants := tenancy.NewManager(&collectorOptions.GRPC.Tenancy)

	receiving := collector.New(&collector.CollectorParams{
		ServiceName:      "jaeger-collector",
		Logger:           logger,
		MetricsFactory:   metrics.NullFactory,
		SpanWriter:       store,
		SamplingProvider: sampling,
		HealthCheck:      health,
		TenancyMgr:       tenants,
	})
	if err := receiving.Start(collectorOptions); err != nil {
		return err
	}
	answering, err := query.NewServer(
		querysvc.NewQueryService(store, store, querysvc.QueryServiceOptions{}), metricsReader, queryOptions, tenants,
		telemetery.Setting{
			Logger:         logger,
			TracerProvider: noop.NewTracerProvider(),
			Metrics:        metrics.NullFactory,
			ReportStatus:   telemetery.HCAdapter(health),
		})
	if err != nil {
		return err
	}
	if err := answering.Start(); err != nil {
		return err
	}

	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGTERM, syscall.SIGINT)
	<-ending
	if err := receiving.Close(); err != nil {
		return err
	}
	return answering.Close()
}

func main() {
	v := viper.New()
	command := &cobra.Command{
		Use:           "jaeger",
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(*cobra.Command, []string) error { return run(v) },
	}
	command.AddCommand(version.Command())
	config.AddFlags(v, command, collectorflags.AddFlags, query.AddFlags)
	if err := command.Execute(); err != nil {
		log.Fatal(err)
	}
}
