// SPDX-License-Identifier: MIT
// Attributes `messaging.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The number of messages sent, received, or processed in the scope of the batching operation.
/// Type int; development.
inline constexpr typed_key<"messaging.batch.message_count", std::int64_t> messaging_batch_message_count{};

/// A unique identifier for the client that consumes or produces a message.
/// Type string; development.
inline constexpr typed_key<"messaging.client.id", text> messaging_client_id{};

/// The name of the consumer group with which a consumer is associated.
/// Type string; development.
inline constexpr typed_key<"messaging.consumer.group.name", text> messaging_consumer_group_name{};

/// A boolean that is true if the message destination is anonymous (could be unnamed or have auto-generated
/// name).
/// Type boolean; development.
inline constexpr typed_key<"messaging.destination.anonymous", bool> messaging_destination_anonymous{};

/// The message destination name.
/// Type string; development.
inline constexpr typed_key<"messaging.destination.name", text> messaging_destination_name{};

/// The identifier of the partition messages are sent to or received from, unique within the
/// `messaging.destination.name`.
/// Type string; development.
inline constexpr typed_key<"messaging.destination.partition.id", text> messaging_destination_partition_id{};

/// The name of the destination subscription from which a message is consumed.
/// Type string; development.
inline constexpr typed_key<"messaging.destination.subscription.name", text>
    messaging_destination_subscription_name{};

/// Low cardinality representation of the messaging destination name.
/// Type string; development.
inline constexpr typed_key<"messaging.destination.template", text> messaging_destination_template{};

/// A boolean that is true if the message destination is temporary and might not exist anymore after messages
/// are processed.
/// Type boolean; development.
inline constexpr typed_key<"messaging.destination.temporary", bool> messaging_destination_temporary{};

/// The UTC epoch seconds at which the message has been accepted and stored in the entity.
/// Type int; development.
inline constexpr typed_key<"messaging.eventhubs.message.enqueued_time", std::int64_t>
    messaging_eventhubs_message_enqueued_time{};

/// The ack deadline in seconds set for the modify ack deadline request.
/// Type int; development.
inline constexpr typed_key<"messaging.gcp_pubsub.message.ack_deadline", std::int64_t>
    messaging_gcp_pubsub_message_ack_deadline{};

/// The ack ID for a given message.
/// Type string; development.
inline constexpr typed_key<"messaging.gcp_pubsub.message.ack_id", text> messaging_gcp_pubsub_message_ack_id{};

/// The delivery attempt for a given message.
/// Type int; development.
inline constexpr typed_key<"messaging.gcp_pubsub.message.delivery_attempt", std::int64_t>
    messaging_gcp_pubsub_message_delivery_attempt{};

/// The ordering key for a given message. If the attribute is not present, the message does not have an
/// ordering key.
/// Type string; development.
inline constexpr typed_key<"messaging.gcp_pubsub.message.ordering_key", text>
    messaging_gcp_pubsub_message_ordering_key{};

/// The Kafka cluster ID, obtained from the broker metadata exposed through the Kafka client (or AdminClient)
/// API.
/// Type string; development.
inline constexpr typed_key<"messaging.kafka.cluster.id", text> messaging_kafka_cluster_id{};

/// Message keys in Kafka are used for grouping alike messages to ensure they're processed on the same
/// partition. They differ from `messaging.message.id` in that they're not unique. If the key is `null`, the
/// attribute MUST NOT be set.
/// Type string; development.
inline constexpr typed_key<"messaging.kafka.message.key", text> messaging_kafka_message_key{};

/// A boolean that is true if the message is a tombstone.
/// Type boolean; development.
inline constexpr typed_key<"messaging.kafka.message.tombstone", bool> messaging_kafka_message_tombstone{};

/// The offset of a record in the corresponding Kafka partition.
/// Type int; development.
inline constexpr typed_key<"messaging.kafka.offset", std::int64_t> messaging_kafka_offset{};

/// The size of the message body in bytes.
/// Type int; development.
inline constexpr typed_key<"messaging.message.body.size", std::int64_t> messaging_message_body_size{};

/// The conversation ID identifying the conversation to which the message belongs, represented as a string.
/// Sometimes called "Correlation ID".
/// Type string; development.
inline constexpr typed_key<"messaging.message.conversation_id", text> messaging_message_conversation_id{};

/// The size of the message body and metadata in bytes.
/// Type int; development.
inline constexpr typed_key<"messaging.message.envelope.size", std::int64_t> messaging_message_envelope_size{};

/// A value used by the messaging system as an identifier for the message, represented as a string.
/// Type string; development.
inline constexpr typed_key<"messaging.message.id", text> messaging_message_id{};

/// The system-specific name of the messaging operation.
/// Type string; development.
inline constexpr typed_key<"messaging.operation.name", text> messaging_operation_name{};

/// A string identifying the type of the messaging operation.
/// Type string; development. Well-known values are in messaging_operation_type_values.
inline constexpr typed_key<"messaging.operation.type", text> messaging_operation_type{};

namespace messaging_operation_type_values {
/// A message is created. "Create" spans always refer to a single message and are used to provide a unique
/// creation context for messages in batch sending scenarios.
inline constexpr text create{"create"};
/// One or more messages are provided for sending to an intermediary. If a single message is sent, the context
/// of the "Send" span can be used as the creation context and no "Create" span needs to be created.
inline constexpr text send{"send"};
/// One or more messages are requested by a consumer. This operation refers to pull-based scenarios, where
/// consumers explicitly call methods of messaging SDKs to receive messages.
inline constexpr text receive{"receive"};
/// One or more messages are processed by a consumer.
inline constexpr text process{"process"};
/// One or more messages are settled.
inline constexpr text settle{"settle"};
} // namespace messaging_operation_type_values

/// RabbitMQ message routing key.
/// Type string; development.
inline constexpr typed_key<"messaging.rabbitmq.destination.routing_key", text>
    messaging_rabbitmq_destination_routing_key{};

/// RabbitMQ message delivery tag.
/// Type int; development.
inline constexpr typed_key<"messaging.rabbitmq.message.delivery_tag", std::int64_t>
    messaging_rabbitmq_message_delivery_tag{};

/// Model of message consumption. This only applies to consumer spans.
/// Type string; development. Well-known values are in messaging_rocketmq_consumption_model_values.
inline constexpr typed_key<"messaging.rocketmq.consumption_model", text>
    messaging_rocketmq_consumption_model{};

namespace messaging_rocketmq_consumption_model_values {
/// Clustering consumption model.
inline constexpr text clustering{"clustering"};
/// Broadcasting consumption model.
inline constexpr text broadcasting{"broadcasting"};
} // namespace messaging_rocketmq_consumption_model_values

/// The delay time level for delay message, which determines the message delay time.
/// Type int; development.
inline constexpr typed_key<"messaging.rocketmq.message.delay_time_level", std::int64_t>
    messaging_rocketmq_message_delay_time_level{};

/// The timestamp in milliseconds that the delay message is expected to be delivered to consumer.
/// Type int; development.
inline constexpr typed_key<"messaging.rocketmq.message.delivery_timestamp", std::int64_t>
    messaging_rocketmq_message_delivery_timestamp{};

/// It is essential for FIFO message. Messages that belong to the same message group are always processed one
/// by one within the same consumer group.
/// Type string; development.
inline constexpr typed_key<"messaging.rocketmq.message.group", text> messaging_rocketmq_message_group{};

/// Key(s) of message, another way to mark message besides message ID.
/// Type string[]; development.
inline constexpr typed_key<"messaging.rocketmq.message.keys", array_of<text>>
    messaging_rocketmq_message_keys{};

/// The secondary classifier of message besides topic.
/// Type string; development.
inline constexpr typed_key<"messaging.rocketmq.message.tag", text> messaging_rocketmq_message_tag{};

/// Type of message.
/// Type string; development. Well-known values are in messaging_rocketmq_message_type_values.
inline constexpr typed_key<"messaging.rocketmq.message.type", text> messaging_rocketmq_message_type{};

namespace messaging_rocketmq_message_type_values {
/// Normal message.
inline constexpr text normal{"normal"};
/// FIFO message.
inline constexpr text fifo{"fifo"};
/// Delay message.
inline constexpr text delay{"delay"};
/// Transaction message.
inline constexpr text transaction{"transaction"};
} // namespace messaging_rocketmq_message_type_values

/// Namespace of RocketMQ resources, resources in different namespaces are individual.
/// Type string; development.
inline constexpr typed_key<"messaging.rocketmq.namespace", text> messaging_rocketmq_namespace{};

/// Describes the settlement type.
/// Type string; development. Well-known values are in messaging_servicebus_disposition_status_values.
inline constexpr typed_key<"messaging.servicebus.disposition_status", text>
    messaging_servicebus_disposition_status{};

namespace messaging_servicebus_disposition_status_values {
/// Message is completed.
inline constexpr text complete{"complete"};
/// Message is abandoned.
inline constexpr text abandon{"abandon"};
/// Message is sent to dead letter queue.
inline constexpr text dead_letter{"dead_letter"};
/// Message is deferred.
inline constexpr text defer{"defer"};
} // namespace messaging_servicebus_disposition_status_values

/// Number of deliveries that have been attempted for this message.
/// Type int; development.
inline constexpr typed_key<"messaging.servicebus.message.delivery_count", std::int64_t>
    messaging_servicebus_message_delivery_count{};

/// The UTC epoch seconds at which the message has been accepted and stored in the entity.
/// Type int; development.
inline constexpr typed_key<"messaging.servicebus.message.enqueued_time", std::int64_t>
    messaging_servicebus_message_enqueued_time{};

/// The messaging system as identified by the client instrumentation.
/// Type string; development. Well-known values are in messaging_system_values.
inline constexpr typed_key<"messaging.system", text> messaging_system{};

namespace messaging_system_values {
/// Apache ActiveMQ.
inline constexpr text activemq{"activemq"};
/// Amazon Simple Notification Service (SNS).
inline constexpr text aws_sns{"aws.sns"};
/// Amazon Simple Queue Service (SQS).
inline constexpr text aws_sqs{"aws_sqs"};
/// Azure Event Grid.
inline constexpr text eventgrid{"eventgrid"};
/// Azure Event Hubs.
inline constexpr text eventhubs{"eventhubs"};
/// Azure Service Bus.
inline constexpr text servicebus{"servicebus"};
/// Google Cloud Pub/Sub.
inline constexpr text gcp_pubsub{"gcp_pubsub"};
/// Java Message Service.
inline constexpr text jms{"jms"};
/// Apache Kafka.
inline constexpr text kafka{"kafka"};
/// RabbitMQ.
inline constexpr text rabbitmq{"rabbitmq"};
/// Apache RocketMQ.
inline constexpr text rocketmq{"rocketmq"};
/// Apache Pulsar.
inline constexpr text pulsar{"pulsar"};
} // namespace messaging_system_values

} // namespace nanotel::inline NANOTEL_ABI::semconv
